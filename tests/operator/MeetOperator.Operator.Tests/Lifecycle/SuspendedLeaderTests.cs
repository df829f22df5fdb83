using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class SuspendedLeaderTests
{
    [Fact]
    public async Task Leader_ResumedAfterSuspension_EndsNoMeeting()
    {
        // The former leader does not notice the suspension: its clocks were stopped, the API server sends nothing, and its polls return the old room state.
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var server = await RbacProxy.StartAsync(cluster.ServerAddress);
        var time = new SuspendableTime();
        await cluster.StartOperatorAsync("operator-1", server.Address, options => options with { LeaseDuration = TimeSpan.FromSeconds(90) }, time);
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup", new MeetingSpec { Lifecycle = new MeetingLifecycle { EmptyTimeoutSeconds = 10 } });
        var before = (await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.EmptySince is not null, "is reported as empty")).Status!;
        var node = Assert.Single(cluster.Kubelet.Nodes);
        time.Suspend();
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Hold = hold.Task;
        using var http = await cluster.NodeHttpAsync(node);
        var (former, empty) = (node.Term, JsonSerializer.Serialize(await node.Client(http).GetNodeAsync(default), NodeControlJson.Options));
        node.ReportBody = term => term == former ? empty : null;

        node.SetParticipants(before.MeetingId!, 2);
        await ExpireLeaseAsync(cluster);
        await cluster.StartOperatorAsync("operator-2");
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Participants == 2, "is reported with participants");
        time.Resume();
        await cluster.EventuallyAsync(() => Task.FromResult(node.StaleCalls > 0 || node.Rooms().Count == 0), "the former leader has tried to end the meeting that was empty");
        hold.SetResult();
        await cluster.EventuallyAsync(() => HasMetricAsync(cluster, "operator-1", "meet_operator_leader 0"), "the former leader has noticed");

        Assert.Equal(2, Assert.Single(node.Rooms()).Value.Participants);
        var after = (await cluster.TryMeetingAsync("standup"))!.Status!;
        Assert.Null(after.EndedAt);
        Assert.Equal(before.Assignments[0].Generation, after.Assignments[0].Generation);
    }

    [Fact]
    public async Task Call_FromFormerLeader_IsRejectedByNode()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var room = (await cluster.WaitForReadyAsync("standup")).Status!.MeetingId!;
        var node = Assert.Single(cluster.Kubelet.Nodes);
        var former = node.Term!.Value;
        await cluster.StopOperatorAsync("operator-1");

        // The next leader changes nothing. Its polls alone announce its term to the node.
        await cluster.StartOperatorAsync("operator-2");
        await cluster.EventuallyAsync(() => Task.FromResult(node.Term > former), "the next leader has polled the node");
        using var http = await cluster.NodeHttpAsync(node);
        using var late = new HttpRequestMessage(HttpMethod.Delete, new Uri(node.Address, $"v1/rooms/{room}?generation=1"));
        late.Headers.Add(TermHeader.Name, TermHeader.Write(former));
        using var answer = await http.SendAsync(late);

        Assert.Equal(System.Net.HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("stale-term", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Single(node.Rooms());
    }

    [Fact]
    public async Task Lease_RecreatedWithLowerTerm_LeaderRaisesTerm()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var node = Assert.Single(cluster.Kubelet.Nodes);
        await cluster.StopOperatorAsync("operator-1");
        await cluster.Client.DeleteAsync<Lease>(LeaseKey, default);
        node.Term = 57;

        await cluster.StartOperatorAsync("operator-2");
        await cluster.CreateMeetingAsync("standup");

        await cluster.WaitForReadyAsync("standup");
        Assert.True(node.Term > 57);
        Assert.Equal(node.Term, (await cluster.Client.GetAsync<Lease>(LeaseKey, default)).Spec.LeaseTransitions);
    }

    private static NamespacedName LeaseKey => new("meet-system", "meet-operator");

    /// <summary>Simulates the expiry of a suspended leader's Lease.</summary>
    private static async Task ExpireLeaseAsync(TestCluster cluster) =>
        await cluster.Client.MergePatchAsync<Lease>(LeaseKey, new JsonObject { ["spec"] = new JsonObject { ["holderIdentity"] = null } }, default);

    private static async Task<bool> HasMetricAsync(TestCluster cluster, string replica, string line)
    {
        using var http = new HttpClient { BaseAddress = cluster.OperatorAddress(replica) };
        return (await http.GetStringAsync("/metrics")).Contains(line, StringComparison.Ordinal);
    }
}
