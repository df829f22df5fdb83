using System.Diagnostics;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class NodeDeathTests
{
    [Fact]
    public async Task Node_Killed_MeetingsMoveWithinThreeSeconds()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("standup");
        var before = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments);

        var died = Stopwatch.StartNew();
        await cluster.Kubelet.KillAsync(before.SfuNode);
        var moved = await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Assignments is [{ State: AssignmentState.Ready } now] && now.SfuNode != before.SfuNode, "has moved");
        died.Stop();

        var after = Assert.Single(moved.Status!.Assignments);
        Assert.Equal(before.Generation + 1, after.Generation);
        Assert.True(moved.IsReady());
        Assert.Equal(after.Generation, cluster.Kubelet.Node(after.SfuNode).Rooms()[moved.Status.MeetingId!].Generation);

        // The promise is 3 s; the margin is for test hosts under load.
        Assert.InRange(died.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(6));
    }

    /// <summary>A dead node is replaced after 20 s, but new meetings must not wait that long.</summary>
    [Fact]
    public async Task Node_Dead_NewMeetingsArePlacedElsewhere()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        var dead = (await cluster.NodesAsync())[0].Metadata.Name!;
        await cluster.Kubelet.KillAsync(dead);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Single(node => node.Metadata.Name == dead).Status!.Conditions.Ready()?.Reason == "PodFailed", "the node is reported as unhealthy");

        await cluster.Client.CreateAsync(
            new Meeting { Metadata = new ObjectMeta { Name = "standup", Namespace = "meet-a", Finalizers = [MeetFinalizers.FreeRoom] }, Spec = new MeetingSpec { TenantRef = new TenantReference { Name = "a" } } }, default);

        var placed = await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady(), "is ready", TimeSpan.FromSeconds(15));
        Assert.NotEqual(dead, placed.Status!.Assignments[0].SfuNode);
    }

    [Fact]
    public async Task Node_Hangs_MeetingsMove()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("standup");
        var before = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments);

        cluster.Kubelet.Node(before.SfuNode).Hang();

        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != before.SfuNode, "has moved");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Single(node => node.Metadata.Name == before.SfuNode).Status!.State == SfuNodeState.Unhealthy, "the node is reported as unhealthy");
    }

    /// <summary>As after the end of a network failure: the process never ended, and still has the room that was placed elsewhere meanwhile.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Node_BackAfterMeetingMoved_DropsRoomOnceNobodyIsConnected(int stillConnected)
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("standup");
        var meeting = await cluster.WaitForReadyAsync("standup");
        var (room, before) = (meeting.Status!.MeetingId!, Assert.Single(meeting.Status.Assignments));
        var node = cluster.Kubelet.Node(before.SfuNode);
        node.SetParticipants(room, stillConnected);
        node.Hang();
        var moved = await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != before.SfuNode, "has moved");
        var after = Assert.Single(moved.Status!.Assignments);
        cluster.Kubelet.Node(after.SfuNode).SetParticipants(room, 2);

        node.Resume();

        if (stillConnected > 0)
        {
            await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.FormerNodes.Any(former => former.SfuNode == before.SfuNode), "shows the room on the former node");
            Assert.Equal(stillConnected, node.Rooms()[room].Participants);
            node.SetParticipants(room, 0);
        }

        await cluster.EventuallyAsync(() => Task.FromResult(node.Rooms().Count == 0), "the former node has dropped the room");
        var kept = Assert.Single((await cluster.TryMeetingAsync("standup"))!.Status!.Assignments);
        Assert.Equal((after.SfuNode, after.Generation, AssignmentState.Ready), (kept.SfuNode, kept.Generation, kept.State));
        Assert.Equal((2, after.Generation), (cluster.Kubelet.Node(after.SfuNode).Rooms()[room].Participants, cluster.Kubelet.Node(after.SfuNode).Rooms()[room].Generation));
    }

    /// <summary>A NetworkPolicy or broken route affects only the operator: the kubelet's probe and clients still reach the node.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Node_UnreachableForOperatorOnly_KeepsMeetingsAndGetsNoNewOnes(bool besideASidecarThatFails)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Kubelet.InjectsSidecars = besideASidecarThatFails;
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var meeting = await cluster.WaitForReadyAsync("standup");
        var before = Assert.Single(meeting.Status!.Assignments);
        var node = cluster.Kubelet.Node(before.SfuNode);
        node.SetParticipants(meeting.Status.MeetingId!, 2);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Active, "has participants");

        node.IsSilentToOperator = true;

        // A replacement is created and gets new meetings. The meeting with participants stays.
        await cluster.CreateMeetingAsync("next");
        await cluster.EventuallyAsync(
            async () => (await cluster.NodesAsync()).Single(seen => seen.Metadata.Name == before.SfuNode).Status is { State: SfuNodeState.Unhealthy } status
                && status.Conditions.Ready() is { Reason: "NotAnswering" } ready && ready.Message.Contains("its meetings stay", StringComparison.Ordinal), "the node reports it");
        var next = await cluster.WaitForMeetingAsync("next", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != before.SfuNode, "is placed elsewhere", TimeSpan.FromSeconds(90));
        Assert.Equal((before.SfuNode, before.Generation), (await cluster.TryMeetingAsync("standup"))!.Status!.Assignments.Select(now => (now.SfuNode, now.Generation)).Single());
        Assert.True((await cluster.TryMeetingAsync("standup"))!.IsReady());
        Assert.Equal(2, node.Rooms()[meeting.Status.MeetingId!].Participants);

        await cluster.Kubelet.KillAsync(before.SfuNode);

        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode == next.Status!.Assignments[0].SfuNode, "has moved");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Meeting_ParticipantsJoinWhileNodeUnreachable_DoesNotEndAsEmpty(bool dies)
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("standup", new MeetingSpec { Lifecycle = new MeetingLifecycle { EmptyTimeoutSeconds = 10 } });
        var meeting = await cluster.WaitForReadyAsync("standup");
        var node = cluster.Kubelet.Node(Assert.Single(meeting.Status!.Assignments).SfuNode);
        var polls = node.Requests;
        await cluster.EventuallyAsync(() => Task.FromResult(node.Requests >= polls + 3), "a poll has counted no participants");

        node.IsSilentToOperator = true;
        node.SetParticipants(meeting.Status.MeetingId!, 2);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Single(seen => seen.Metadata.Name == node.Name).Status!.State == SfuNodeState.Unhealthy, "the node is reported as unhealthy");
        await cluster.EventuallyAsync(() => Task.FromResult(TimeProvider.System.GetUtcNow() > meeting.Status.EmptySince + TimeSpan.FromSeconds(14)), "the empty timeout has passed");

        Assert.Null((await cluster.TryMeetingAsync("standup"))!.Status!.EndedAt);
        if (dies)
        {
            await cluster.Kubelet.KillAsync(node.Name);
            var moved = await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != node.Name, "has moved");
            cluster.Kubelet.Node(moved.Status!.Assignments[0].SfuNode).SetParticipants(meeting.Status.MeetingId!, 2);
        }

        node.IsSilentToOperator = false;
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status is { Phase: MeetingPhase.Active, Participants: 2 }, "has participants");
    }

    [Fact]
    public async Task Node_UnreachableWithParticipants_SurvivesDrainUnderNextLeader()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var meeting = await cluster.WaitForReadyAsync("standup");
        var node = Assert.Single(cluster.Kubelet.Nodes);
        node.SetParticipants(meeting.Status!.MeetingId!, 2);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Active, "has participants");
        node.IsSilentToOperator = true;
        var key = new NamespacedName("meet-a", node.Name);
        async Task<SfuNodeStatus?> StatusAsync() => (await cluster.Client.TryGetAsync<SfuNode>(key, default))?.Status;
        await cluster.EventuallyAsync(async () => await StatusAsync() is { State: SfuNodeState.Unhealthy }, "the node is reported as unhealthy");
        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "standup"), default);
        await cluster.EventuallyAsync(async () => await cluster.TryMeetingAsync("standup") is null, "the meeting is deleted");
        await cluster.StopOperatorAsync("operator-1");

        await cluster.StartOperatorAsync("operator-2");
        await cluster.EventuallyAsync(async () => await StatusAsync() is { State: SfuNodeState.Starting } or { State: SfuNodeState.Unhealthy, Message: not null }, "the next leader has reconciled the node");
        await cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "p"), JsonNode.Parse("""{"spec":{"replicas":0,"drain":{"deadlineSeconds":0}}}""")!, default);

        await cluster.EventuallyAsync(async () => await StatusAsync() is null || Conditions.Get((await StatusAsync())!.Conditions, MeetConditions.DrainBlocked) is { Reason: "NotAnswering" }, "the drain is blocked by the node", timeout: TimeSpan.FromSeconds(90));
        Assert.Null((await cluster.Client.GetAsync<Pod>(key, default)).Metadata.DeletionTimestamp);
        Assert.Equal(2, node.Rooms()[meeting.Status.MeetingId!].Participants);
    }

    [Fact]
    public async Task Node_RespondsWithoutForwarding_MeetingsMove()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("standup");
        var meeting = await cluster.WaitForReadyAsync("standup");
        var before = Assert.Single(meeting.Status!.Assignments);
        var node = cluster.Kubelet.Node(before.SfuNode);
        node.SetParticipants(meeting.Status.MeetingId!, 2);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Active, "has participants");

        node.ForwardsNothing = true;

        var moved = await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != before.SfuNode, "has moved");
        Assert.Equal(before.Generation + 1, Assert.Single(moved.Status!.Assignments).Generation);
        await cluster.EventuallyAsync(
            async () => (await cluster.NodesAsync()).Single(seen => seen.Metadata.Name == before.SfuNode).Status is { State: SfuNodeState.Unhealthy } status && status.Conditions.Ready()!.Reason == "NotForwarding", "the node reports it");
    }

    [Fact]
    public async Task Node_UnreachableForClients_MeetingMovesWhenPossible()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var before = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments);

        cluster.Kubelet.Node(before.SfuNode).LoopReports =
            [new LoopReport { Port = 42000, TickAgeMs = 10, ProbeAgeMs = 0, Paths = [new PathReport { Address = "203.0.113.7", ProbeAgeMs = 9000 }] }];
        await cluster.EventuallyAsync(
            async () => Assert.Single(await cluster.NodesAsync()).Status!.Conditions.Ready() is { Reason: "CutOff" } ready && ready.Message.Contains("203.0.113.7", StringComparison.Ordinal), "the node reports it");
        Assert.True((await cluster.TryMeetingAsync("standup"))!.IsReady());
        await cluster.CreatePoolAsync("q", TestCluster.Pool(43000));

        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode.StartsWith("q-", StringComparison.Ordinal), "has moved");
    }

    /// <summary>The embedded installation has one node with one loop per core.</summary>
    [Fact]
    public async Task OnlyNode_OneLoopStuck_IsReplaced()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var before = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments);

        cluster.Kubelet.Node(before.SfuNode).LoopReports = [new LoopReport { Port = 42000, TickAgeMs = 9000 }, new LoopReport { Port = 42001, TickAgeMs = 10 }];

        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != before.SfuNode, "has moved");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).All(node => node.Metadata.Name != before.SfuNode), "the stuck node is deleted");
    }

    [Fact]
    public async Task OnlyNode_Dies_MeetingMovesToReplacement()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var before = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments);

        cluster.Kubelet.Paused = true;
        await cluster.Kubelet.FailAsync(before.SfuNode);
        var waiting = await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Migrating, "waits for a node");
        Assert.Equal(AssignmentState.Lost, Assert.Single(waiting.Status!.Assignments).State);
        Assert.NotEmpty(waiting.Status.Rejections);
        Assert.False(waiting.IsReady());

        cluster.Kubelet.Paused = false;
        await cluster.Client.TryDeleteAsync<Pod>(new NamespacedName("meet-a", before.SfuNode), default);
        var back = await cluster.WaitForReadyAsync("standup");
        Assert.True(Assert.Single(back.Status!.Assignments).Generation > before.Generation);
    }

    [Fact]
    public async Task Node_ProcessRestarted_RoomIsRecreatedWithHigherGeneration()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var meeting = await cluster.WaitForReadyAsync("standup");
        var node = Assert.Single(cluster.Kubelet.Nodes);

        node.Forget();

        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].Generation == 2, "is placed again");
        Assert.Equal(2, node.Rooms()[meeting.Status!.MeetingId!].Generation);
    }

    [Fact]
    public async Task Pod_Failed_IsRecreated()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var name = Assert.Single(await cluster.NodesAsync()).Metadata.Name!;
        var before = (await cluster.Client.GetAsync<Pod>(new NamespacedName("meet-a", name), default)).Metadata.Uid;

        await cluster.Kubelet.FailAsync(name);

        await cluster.EventuallyAsync(
            async () => await cluster.Client.TryGetAsync<Pod>(new NamespacedName("meet-a", name), default) is { Status.Phase: "Running" } pod && pod.Metadata.Uid != before,
            "another Pod is running");
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status!.ReadyReplicas == 1, "the pool is ready again");
    }

    [Fact]
    public async Task Room_WithoutMeeting_IsEnded()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var node = Assert.Single(cluster.Kubelet.Nodes);

        node.AddRoom("4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01", generation: 4);

        await cluster.EventuallyAsync(() => Task.FromResult(node.Rooms().Count == 0), "the room has ended");
    }
}
