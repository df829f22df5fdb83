using System.Diagnostics;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Meetings that cannot be placed cause little load on the API server, and are placed soon after capacity becomes available.</summary>
public sealed class WaitingMeetingsTests
{
    private const int Meetings = 1000;
    private const int WritesPerSecond = 5;
    private static readonly MeetingSpec Lasting = new() { Lifecycle = new MeetingLifecycle { EmptyTimeoutSeconds = 0 } };

    [Fact]
    public async Task WaitingMeetings_NodesOverloaded_CostFewWrites()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        await cluster.StartOperatorAsync("operator-1", proxy.Address);
        await cluster.WithTenantAsync(replicas: 2);
        var nodes = cluster.Kubelet.Nodes.ToArray();
        SetStress(0.95);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).All(node => node.Status is { StressPct: > 90 }), "the nodes are reported as overloaded");
        await Parallel.ForAsync(0, Meetings, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, _) => await cluster.CreateMeetingAsync($"m{number}", Lasting));
        await cluster.EventuallyAsync(async () => await CountAsync(cluster, meeting => meeting.Status?.Conditions.Ready() is not null) == Meetings, "every meeting reports that it waits");

        // Each report differs from the previous one, so that the reasons change as well.
        var polls = nodes[0].Requests + 15;
        var (before, watch) = (Writes(proxy), Stopwatch.StartNew());
        await cluster.EventuallyAsync(
            () =>
            {
                SetStress(0.85 + (nodes[0].Requests % 15 / 100.0));
                return Task.FromResult(nodes[0].Requests >= polls);
            },
            "fifteen reports have arrived");
        var (written, seconds) = (Writes(proxy) - before, watch.Elapsed.TotalSeconds);
        Assert.True(written <= WritesPerSecond * (seconds + 1), $"{written} writes in {seconds:0.0} s");

        SetStress(0);
        await cluster.EventuallyAsync(async () => await CountAsync(cluster, meeting => meeting.IsReady()) == 400, "two nodes with a capacity of 200 are full");

        void SetStress(double stress) => Array.ForEach(nodes, node => node.Stress = stress);
    }

    private static async Task<int> CountAsync(TestCluster cluster, Func<Meeting, bool> condition) =>
        (await cluster.Client.ListAsync<Meeting>("meet-a", null, default)).Items.Count(condition);

    /// <summary>Number of the operator's writes of Meetings and events.</summary>
    private static int Writes(RbacProxy proxy) => proxy.Asked
        .Where(entry => entry.Key.Split(' ') is [not ("watch" or "list" or "get"), var resource] && (resource.Contains("/meetings", StringComparison.Ordinal) || resource.EndsWith("/events", StringComparison.Ordinal)))
        .Sum(entry => entry.Value);
}
