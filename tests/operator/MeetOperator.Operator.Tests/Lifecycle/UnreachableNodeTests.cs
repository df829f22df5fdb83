using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>The operator cannot reach a media node, in most tests the only one of its pool, on which a meeting with two participants works. The kubelet and signaling reach it.</summary>
public sealed class UnreachableNodeTests
{
    private readonly SkippableTime _time = new();

    [Theory]
    [InlineData(0)]
    [InlineData(600)]
    public async Task Operator_CutOffUntilAnotherNodeServes_NothingMovesWhenTheCutEnds(int drainSeconds)
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var (node, room, before) = await StartAsync(cluster, drainSeconds);

        node.IsSilentToOperator = true;
        await WaitForUnreachableAsync(cluster, node);
        _time.Skip(TimeSpan.FromMinutes(2));
        var standIn = await WaitForStandInAsync(cluster, node);
        await cluster.CreateMeetingAsync("next");
        var next = await cluster.WaitForMeetingAsync("next", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode == standIn, "is on the other node");
        cluster.Kubelet.Node(standIn).SetParticipants(next.Status!.MeetingId!, 1);
        await cluster.WaitForMeetingAsync("next", seen => seen.Status!.Participants == 1, "has a participant");
        Assert.Null((await NodeAsync(cluster, node.Name))!.Spec.Drain);

        node.IsSilentToOperator = false;

        await cluster.EventuallyAsync(async () => await NodeAsync(cluster, node.Name) is { Status.State: SfuNodeState.Allocated }, "the node serves again");
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status is { Replicas: 2, ReadyReplicas: 2, DrainingReplicas: 0 }, "the pool has both nodes");
        await ReconcilePoolAsync(cluster, node);
        Assert.All(await cluster.NodesAsync(), each => Assert.Null(each.Spec.Drain));
        Assert.Equal((before, 2), (AssignmentOf((await cluster.TryMeetingAsync("standup"))!), node.Rooms()[room].Participants));
        Assert.Equal(AssignmentOf(next), AssignmentOf((await cluster.TryMeetingAsync("next"))!));

        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "next"), default);
        await cluster.EventuallyAsync(async () => await cluster.NodesAsync() is [var only] && only.Metadata.Name == node.Name, "the other node is removed when it is empty");
        Assert.Equal((before, 2), (AssignmentOf((await cluster.TryMeetingAsync("standup"))!), node.Rooms()[room].Participants));
    }

    /// <summary>Signaling may not reach it either, so that nobody could join the meeting.</summary>
    [Fact]
    public async Task Operator_CutOffForTenMinutes_MeetingMovesToTheOtherNode()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var (node, _, before) = await StartAsync(cluster, drainSeconds: 0);
        node.IsSilentToOperator = true;
        await WaitForUnreachableAsync(cluster, node);
        _time.Skip(TimeSpan.FromMinutes(5));
        var standIn = await WaitForStandInAsync(cluster, node);
        Assert.Null((await NodeAsync(cluster, node.Name))!.Spec.Drain);
        Assert.Equal(before, AssignmentOf((await cluster.TryMeetingAsync("standup"))!));

        _time.Skip(TimeSpan.FromMinutes(5));

        var moved = await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode == standIn, "has moved");
        Assert.Equal(before.Generation + 1, AssignmentOf(moved).Generation);
        Assert.Contains(moved.Status!.FormerNodes, former => former.SfuNode == node.Name);
    }

    /// <summary>The cluster has no ports for another media node, but another one that serves has places for the meeting.</summary>
    [Fact]
    public async Task Operator_CutOffForTenMinutesAndNoPortsAreLeft_MeetingMovesToANodeWithPlaces()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var (node, _, before) = await StartAsync(cluster, drainSeconds: 0, replicas: 2, ports: 2);
        var other = (await cluster.NodesAsync()).Single(each => each.Metadata.Name != node.Name).Metadata.Name!;
        node.IsSilentToOperator = true;
        await WaitForUnreachableAsync(cluster, node);
        _time.Skip(TimeSpan.FromMinutes(5));
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status?.Conditions.Ready()?.Reason == "PortsExhausted", "the pool cannot create another node");
        Assert.Null((await NodeAsync(cluster, node.Name))!.Spec.Drain);
        Assert.Equal(before, AssignmentOf((await cluster.TryMeetingAsync("standup"))!));

        _time.Skip(TimeSpan.FromMinutes(5));

        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode == other, "has moved");
        Assert.Equal(0, (await NodeAsync(cluster, node.Name))!.Spec.Drain!.DeadlineSeconds);
    }

    /// <summary>What shows that it has failed may come later, as the Lease of the kubelet of a lost machine does.</summary>
    [Fact]
    public async Task Operator_CutOffAndThenTheProcessEnds_MeetingMovesAtOnce()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var (node, _, before) = await StartAsync(cluster, drainSeconds: 600);
        node.IsSilentToOperator = true;
        await WaitForUnreachableAsync(cluster, node);
        _time.Skip(TimeSpan.FromMinutes(1));
        var standIn = await WaitForStandInAsync(cluster, node);
        Assert.Equal(before, AssignmentOf((await cluster.TryMeetingAsync("standup"))!));

        await cluster.Kubelet.KillAsync(node.Name);

        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode == standIn, "has moved");
        await cluster.EventuallyAsync(async () => await cluster.NodesAsync() is [var only] && only.Metadata.Name == standIn, "only the other node remains");
    }

    private async Task<(SimulatedMediaNode Node, string Room, (string SfuNode, long Generation) Before)> StartAsync(TestCluster cluster, int drainSeconds, int replicas = 1, int ports = 64)
    {
        await cluster.StartOperatorAsync("operator-1", change: static options => options with { LeaseDuration = TimeSpan.FromMinutes(60) }, time: _time);
        var exposure = TestCluster.Pool().Exposure with { PortRange = new PortRange { Min = 42000, Max = 42000 + ports - 1 } };
        await cluster.WithTenantAsync(replicas, pool: TestCluster.Pool() with { Exposure = exposure, Drain = new SfuDrain { DeadlineSeconds = drainSeconds } });
        await cluster.CreateMeetingAsync("standup");
        var meeting = await cluster.WaitForReadyAsync("standup");
        var node = cluster.Kubelet.Node(meeting.Status!.Assignments[0].SfuNode);
        node.SetParticipants(meeting.Status.MeetingId!, 2);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Active, "has participants");
        return (node, meeting.Status.MeetingId!, AssignmentOf(meeting));
    }

    private static Task WaitForUnreachableAsync(TestCluster cluster, SimulatedMediaNode node) =>
        cluster.EventuallyAsync(async () => (await NodeAsync(cluster, node.Name))!.Status!.State == SfuNodeState.Unhealthy, "the node is reported as unhealthy");

    /// <summary>Returns the name of the node that the pool has created and that serves.</summary>
    private static async Task<string> WaitForStandInAsync(TestCluster cluster, SimulatedMediaNode node)
    {
        SfuNode? other = null;
        await cluster.EventuallyAsync(async () => (other = (await cluster.NodesAsync()).SingleOrDefault(each => each.Metadata.Name != node.Name)) is { Status.State: SfuNodeState.Ready }, "another node serves");
        Assert.Equal(node.Name, other!.Metadata.Annotations![MeetAnnotations.StandsInFor]);
        await ReconcilePoolAsync(cluster, node);
        return other.Metadata.Name!;
    }

    /// <summary>Changes a field that matters to nothing here, and waits until the pool has been reconciled and the node polled again.</summary>
    private static async Task ReconcilePoolAsync(TestCluster cluster, SimulatedMediaNode node)
    {
        var generation = (await cluster.Client.MergePatchAsync<SfuPool>(
            new NamespacedName("meet-a", "p"), new JsonObject { ["spec"] = new JsonObject { ["drain"] = new JsonObject { ["softSeconds"] = Random.Shared.Next(100) } } }, default)).Metadata.Generation;
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status!.ObservedGeneration == generation, "the pool is reconciled");
        var requests = node.Requests;
        await cluster.EventuallyAsync(() => Task.FromResult(node.Requests >= requests + 2), "the node is polled on");
    }

    private static async Task<SfuNode?> NodeAsync(TestCluster cluster, string name) => (await cluster.NodesAsync()).SingleOrDefault(each => each.Metadata.Name == name);

    private static (string SfuNode, long Generation) AssignmentOf(Meeting meeting) => meeting.Status!.Assignments.Select(now => (now.SfuNode, now.Generation)).Single();
}
