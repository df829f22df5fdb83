using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class ReplicaTests
{
    [Fact]
    public async Task Operator_RestartedDuringMeetings_KeepsAssignments()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(number => cluster.CreateMeetingAsync($"m{number}")));
        for (var number = 0; number < 5; number++)
        {
            await cluster.WaitForReadyAsync($"m{number}");
        }

        await cluster.StopOperatorAsync("operator-1");
        var before = await AssignmentsAsync(cluster);
        await cluster.StartOperatorAsync("operator-2");
        for (var number = 0; number < 10; number++)
        {
            await cluster.WaitForReadyAsync($"m{number}");
        }

        var after = await AssignmentsAsync(cluster);
        Assert.All(before, entry => Assert.Equal(entry.Value, after[entry.Key]));
        Assert.Equal(10, cluster.Kubelet.Nodes.Sum(node => node.Rooms().Count));
    }

    [Fact]
    public async Task Leader_Changed_StatusesAreNotRewritten()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("standup");
        await cluster.WaitForReadyAsync("standup");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Sum(node => node.Status!.Meetings) == 1, "the load figures are written");
        await cluster.StopOperatorAsync("operator-1");
        var before = await cluster.NodesAsync();
        var states = new System.Collections.Concurrent.ConcurrentQueue<SfuNodeState?>();
        using var stop = new CancellationTokenSource();
        var watch = new Informer<SfuNode>(cluster.Client);
        using var subscription = watch.OnChange(change => states.Enqueue(change.New?.Status?.State));
        var watching = watch.RunAsync(stop.Token);

        await cluster.StartOperatorAsync("operator-2");
        await cluster.CreateMeetingAsync("next");
        await cluster.WaitForReadyAsync("next");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Sum(node => node.Status!.Meetings) == 2, "the figures are written again");

        Assert.DoesNotContain(SfuNodeState.Starting, states);
        Assert.Equal(before.Select(node => node.Status!.InstanceId), (await cluster.NodesAsync()).Select(node => node.Status!.InstanceId));
        await stop.CancelAsync();
        await watching;
    }

    [Fact]
    public async Task Replicas_LeaderStops_FollowerTakesOver()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.StartOperatorAsync("operator-2");
        await cluster.WithTenantAsync();
        var leader = await LeaderAsync(cluster);
        var follower = leader == "operator-1" ? "operator-2" : "operator-1";

        await cluster.StopOperatorAsync(leader!);
        await cluster.CreateMeetingAsync("standup");

        await cluster.WaitForReadyAsync("standup");
        Assert.Equal(follower, await LeaderAsync(cluster));
    }

    [Fact]
    public async Task Meeting_DeletedWithoutOperator_IsFinalizedByNextOne()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        await cluster.WaitForReadyAsync("standup");
        await cluster.StopOperatorAsync("operator-1");

        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "standup"), default);
        Assert.NotNull(await cluster.TryMeetingAsync("standup"));
        await cluster.StartOperatorAsync("operator-2");

        await cluster.EventuallyAsync(async () => await cluster.TryMeetingAsync("standup") is null, "the meeting's finalizer is removed");
        await cluster.EventuallyAsync(() => Task.FromResult(Assert.Single(cluster.Kubelet.Nodes).Rooms().Count == 0), "its room has ended");
    }

    [Fact]
    public async Task Node_DiedWithoutOperator_MeetingsAreMovedByNextOne()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("standup");
        var before = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments);
        await cluster.StopOperatorAsync("operator-1");

        await cluster.Kubelet.KillAsync(before.SfuNode);
        await cluster.StartOperatorAsync("operator-2");

        var moved = await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != before.SfuNode, "has moved");
        Assert.Equal(before.Generation + 1, moved.Status!.Assignments[0].Generation);
    }

    [Fact]
    public async Task Endpoints_HealthReadinessMetrics_Respond()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        await cluster.WaitForReadyAsync("standup");
        using var http = new HttpClient { BaseAddress = cluster.OperatorAddress("operator-1") };

        Assert.Equal("ok", await http.GetStringAsync("/healthz"));
        Assert.Equal("ok", await http.GetStringAsync("/readyz"));
        var metrics = await http.GetStringAsync("/metrics");
        Assert.Contains("meet_operator_leader 1", metrics, StringComparison.Ordinal);
        Assert.Contains("meet_operator_placements_total{outcome=\"Placed\"}", metrics, StringComparison.Ordinal);
        Assert.Contains("meet_kube_reconcile_seconds_bucket", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Liveness_LoopHangs_FailsWithLoopName()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var http = new HttpClient { BaseAddress = cluster.OperatorAddress("operator-1") };
        var health = cluster.Service<LoopHealth>("operator-1");
        await cluster.EventuallyAsync(() => Task.FromResult(health.Running("leader-election") == 1 && health.Running("informer-Meeting") == 1 && health.Running("controller-meeting") > 0), "the loops are monitored");

        using (health.Begin("stuck", TimeSpan.FromTicks(1)))
        {
            using var answer = await http.GetAsync("/healthz");
            Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("loop stuck has made no progress", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal("ok", await http.GetStringAsync("/healthz"));
        Assert.Contains("meet_kube_loop_age_seconds{loop=\"informer-Meeting\"}", await http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_MeetingPlaced_AreRecorded()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        await cluster.WaitForReadyAsync("standup");

        await cluster.EventuallyAsync(
            async () => (await cluster.Client.ListAsync<Event>("meet-a", null, default)).Items.Any(seen => seen is { Reason: "Placed", InvolvedObject: { Kind: "Meeting", Name: "standup" } }),
            "an event records the placement");
    }

    private static async Task<string?> LeaderAsync(TestCluster cluster) =>
        (await cluster.Client.GetAsync<Lease>(new NamespacedName("meet-system", "meet-operator"), default)).Spec.HolderIdentity;

    private static async Task<Dictionary<string, string>> AssignmentsAsync(TestCluster cluster) =>
        (await cluster.Client.ListAsync<Meeting>("meet-a", null, default)).Items
        .Where(meeting => meeting.IsReady())
        .ToDictionary(meeting => meeting.Metadata.Name!, meeting => $"{meeting.Status!.Assignments[0].SfuNode}/{meeting.Status.Assignments[0].Generation}");
}
