using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Kube.Serialization;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Only a forced drain or a failure disconnects participants.</summary>
public sealed class DrainTests
{
    private static readonly NamespacedName PoolP = new("meet-a", "p");

    [Theory]
    [InlineData(PropagationPolicy.Background)]
    [InlineData(PropagationPolicy.Foreground)]
    [InlineData(PropagationPolicy.Orphan)]
    public async Task Pool_DeletedWithParticipants_WaitsAndNamesMeetings(PropagationPolicy propagation)
    {
        await using var cluster = await TestCluster.StartAsync();
        var (before, pod) = await WithParticipantsAsync(cluster);

        await cluster.Client.DeleteAsync<SfuPool>(PoolP, default, new DeleteOptions { PropagationPolicy = propagation });

        await cluster.EventuallyAsync(async () => Blocked((await cluster.NodesAsync()).Single(node => node.Metadata.Name == before.SfuNode).Status!.Conditions)?.Message.Contains("meet-a/standup", StringComparison.Ordinal) == true, "the node names the meeting");
        await cluster.EventuallyAsync(async () => Blocked((await cluster.PoolAsync("p")).Status!.Conditions)?.Message.Contains("meet-a/standup", StringComparison.Ordinal) == true, "the pool names the meeting");
        await ExpectUnchangedAsync(cluster, before, pod);

        await EndAsync(cluster);
        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<SfuPool>(PoolP, default) is null, "the pool is deleted");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 0 && cluster.Kubelet.Nodes.Count == 0, "its node and process have ended");
    }

    [Fact]
    public async Task Scale_ToZeroWithoutAlternative_KeepsMeetingPastDeadline()
    {
        await using var cluster = await TestCluster.StartAsync();
        var (before, pod) = await WithParticipantsAsync(cluster, deadlineSeconds: 0);

        await ScaleAsync(cluster, 0);

        await cluster.EventuallyAsync(async () => Blocked((await cluster.NodesAsync()).Single().Status!.Conditions) is not null, "the drain is blocked");
        Assert.Equal("the pool is scaling down or replacing this node", (await cluster.NodesAsync()).Single().Spec.Drain!.Reason);
        await ExpectUnchangedAsync(cluster, before, pod);

        await cluster.CreatePoolAsync("q", TestCluster.Pool(43000));
        var moved = await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode.StartsWith("q-", StringComparison.Ordinal), "has moved");
        Assert.Equal(before.Generation + 1, Assert.Single(moved.Status!.Assignments).Generation);
    }

    [Fact]
    public async Task Drain_ParticipantsRemainAfterMove_KeepsNode()
    {
        var time = new SkippableTime();
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: static options => options with { LeaseDuration = TimeSpan.FromMinutes(5) }, time: time);
        var (before, _) = await WithParticipantsAsync(cluster, deadlineSeconds: 0);
        var node = cluster.Kubelet.Node(before.SfuNode);
        var id = (await cluster.TryMeetingAsync("standup"))!.Status!.MeetingId!;
        await cluster.CreatePoolAsync("q", TestCluster.Pool(43000));
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("q")).IsReady(), "another pool is ready");

        await ScaleAsync(cluster, 0);
        await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode.StartsWith("q-", StringComparison.Ordinal), "has moved");

        // The participants have not followed yet, so the room remains occupied for longer than the grace period of orphans, and the meeting does not count as empty.
        await PolledOnAsync();
        time.Skip(TimeSpan.FromSeconds(12));
        await PolledOnAsync();
        await cluster.WaitForMeetingAsync(
            "standup", seen => seen.Status is { EmptySince: null, FormerNodes: [var former] } && former == new FormerNode { SfuNode = before.SfuNode, Namespace = "meet-a", Generation = before.Generation }, "does not count as empty");
        Assert.Equal(2, node.Rooms()[id].Participants);
        await cluster.EventuallyAsync(async () => Blocked((await NodeAsync(cluster, before.SfuNode)).Status!.Conditions) is { Reason: "StillConnected" } blocked
            && blocked.Message.Contains("2 participants or connections, including those in the former room of meeting meet-a/standup: ", StringComparison.Ordinal), "the drain is blocked by the remaining participants");

        node.SetParticipants(id, 0);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status is { EmptySince: not null, FormerNodes: [] }, "counts as empty");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).All(left => left.Spec.PoolRef.Name == "q"), "the empty node is deleted");

        async Task PolledOnAsync()
        {
            for (var polls = node.Requests; node.Requests < polls + 4;)
            {
                Assert.Contains(cluster.Kubelet.Nodes, running => running.Name == before.SfuNode);
                await Task.Delay(50);
            }
        }
    }

    [Fact]
    public async Task Drain_NodeDiesWithParticipantsAfterMove_MeetingCountsAsEmpty()
    {
        await using var cluster = await TestCluster.StartAsync();
        var (before, _) = await WithParticipantsAsync(cluster, deadlineSeconds: 0);
        await cluster.CreatePoolAsync("q", TestCluster.Pool(43000));
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("q")).IsReady(), "another pool is ready");
        await ScaleAsync(cluster, 0);
        await cluster.WaitForMeetingAsync(
            "standup", seen => seen.Status is { EmptySince: null, Assignments: [{ SfuNode: var name }] } && name.StartsWith("q-", StringComparison.Ordinal), "has moved and does not count as empty");

        await cluster.Kubelet.KillAsync(before.SfuNode);

        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.EmptySince is not null, "counts as empty");
    }

    /// <summary>A new leader knows only from the status that participants remain on a node that does not respond to it.</summary>
    [Fact]
    public async Task Drain_LeaderChangesWhileFormerNodeIsSilent_MeetingContinues()
    {
        await using var cluster = await TestCluster.StartAsync();
        var (before, _) = await WithParticipantsAsync(cluster, deadlineSeconds: 0);
        await cluster.CreatePoolAsync("q", TestCluster.Pool(43000));
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("q")).IsReady(), "another pool is ready");
        await ScaleAsync(cluster, 0);
        var moved = await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status is { FormerNodes: [_] }, "has moved");
        await cluster.StopOperatorAsync("operator-1");
        var former = cluster.Kubelet.Node(before.SfuNode);
        former.IsSilentToOperator = true;
        await cluster.Client.MergePatchAsync<Meeting>(
            moved.Metadata.NamespacedName, JsonNode.Parse("""{"status":{"emptySince":"2026-01-01T00:00:00Z"}}""")!, default, new WriteOptions { Subresource = "status" });

        await cluster.StartOperatorAsync("operator-2");
        await cluster.EventuallyAsync(async () => (await NodeAsync(cluster, before.SfuNode)).Status!.State == SfuNodeState.Unhealthy, "the former node is unhealthy");
        var polls = cluster.Kubelet.Node(moved.Status!.Assignments[0].SfuNode);
        for (var seen = polls.Requests; polls.Requests < seen + 4;)
        {
            Assert.Null((await cluster.TryMeetingAsync("standup"))!.Status!.EndedAt);
            await Task.Delay(50);
        }

        former.SetParticipants(moved.Status.MeetingId!, 0);
        former.IsSilentToOperator = false;
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status is { FormerNodes: [], EmptySince.Year: > 0, EndedAt: null }, "counts as empty");
    }

    /// <summary>A participant that the node no longer lists may still be connected.</summary>
    [Theory]
    [InlineData("""{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","generation":1,"participants":0,"connected":1}]}""")]
    [InlineData("""{"loopReports":[{"port":42000,"tickAgeMs":1,"connectedSessions":0},{"port":42001,"tickAgeMs":1,"connectedSessions":1}]}""")]
    public async Task Drain_NoParticipantsButConnectedSession_KeepsNode(string connected)
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var name = Assert.Single(await cluster.NodesAsync()).Metadata.NamespacedName;
        var node = cluster.Kubelet.Node(name.Name);
        node.ReportBody = _ => Report(node, connected);

        await ScaleAsync(cluster, 0);

        await cluster.EventuallyAsync(
            async () => Blocked((await cluster.NodesAsync()).Single().Status!.Conditions)?.Message.Contains("1 participants or connections", StringComparison.Ordinal) == true, "the drain waits for the session");
        Assert.Null((await cluster.Client.GetAsync<Pod>(name, default)).Metadata.DeletionTimestamp);
        Assert.True(node.Draining);

        node.ReportBody = _ => Report(node, "{}");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 0 && cluster.Kubelet.Nodes.Count == 0, "the node is deleted after its last session has ended");
    }

    [Theory]
    [InlineData(PropagationPolicy.Background)]
    [InlineData(PropagationPolicy.Foreground)]
    public async Task SfuNode_DeletedWithParticipants_KeepsPod(PropagationPolicy propagation)
    {
        await using var cluster = await TestCluster.StartAsync();
        var (before, pod) = await WithParticipantsAsync(cluster);
        cluster.Kubelet.Paused = true; // Its replacement cannot be scheduled.

        await cluster.Client.DeleteAsync<SfuNode>(new NamespacedName("meet-a", before.SfuNode), default, new DeleteOptions { PropagationPolicy = propagation });

        await cluster.EventuallyAsync(
            async () => Blocked((await cluster.NodesAsync()).Single(node => node.Metadata.Name == before.SfuNode).Status!.Conditions) is not null, "the drain is blocked");
        await ExpectUnchangedAsync(cluster, before, pod);
    }

    [Fact]
    public async Task SfuNode_OwnedPodAndForegroundDeletion_KeepsPod()
    {
        await using var cluster = await TestCluster.StartAsync();
        var (before, pod) = await WithParticipantsAsync(cluster);
        cluster.Kubelet.Paused = true;

        await OwnAsync(cluster, await NodeAsync(cluster, before.SfuNode));
        await cluster.Client.DeleteAsync<SfuNode>(new NamespacedName("meet-a", before.SfuNode), default, new DeleteOptions { PropagationPolicy = PropagationPolicy.Foreground });

        await cluster.EventuallyAsync(
            async () => Blocked((await cluster.NodesAsync()).Single(node => node.Metadata.Name == before.SfuNode).Status!.Conditions) is not null, "the drain is blocked");
        await ExpectUnchangedAsync(cluster, before, pod);
    }

    [Fact]
    public async Task Drain_TakenBackAsNodeIsDeleted_NodeServesAgain()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        await cluster.StartOperatorAsync("operator-1", proxy.Address);
        await cluster.WithTenantAsync();
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).All(node => node.Status?.State == SfuNodeState.Ready), "the node is ready");
        var node = Assert.Single(await cluster.NodesAsync());
        proxy.Reject = (verb, resource) => (verb, resource) == ("create", "sfunodes") ? "the pool gets no other node, which would make this one needless" : null;
        var takenBack = new TaskCompletionSource();
        proxy.Before = async (verb, resource) =>
        {
            if ((verb, resource) == ("delete", "sfunodes") && !takenBack.Task.IsCompleted)
            {
                await DrainAsync(cluster, node.Metadata.Name!, """{"spec":{"drain":null}}""");
                takenBack.TrySetResult();
            }
        };

        await DrainAsync(cluster, node.Metadata.Name!, """{"spec":{"drain":{"reason":"a mistake"}}}""");

        await takenBack.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await cluster.EventuallyAsync(
            async () => (await cluster.NodesAsync()).FirstOrDefault(one => one.Metadata.Uid == node.Metadata.Uid) is { Metadata.DeletionTimestamp: null, Spec.Drain: null, Status.State: SfuNodeState.Ready }, "the node serves again");
        Assert.DoesNotContain((await cluster.Client.ListAsync<Event>("meet-a", null, default)).Items, seen => seen.Reason == "Drained");
    }

    [Fact]
    public async Task Drain_Forced_DisconnectsParticipants()
    {
        await using var cluster = await TestCluster.StartAsync();
        var (before, pod) = await WithParticipantsAsync(cluster);
        await ScaleAsync(cluster, 0);
        await cluster.EventuallyAsync(async () => Blocked((await cluster.NodesAsync()).Single().Status!.Conditions) is not null, "the drain is blocked");
        await ExpectUnchangedAsync(cluster, before, pod);

        await DrainAsync(cluster, before.SfuNode, """{"spec":{"drain":{"force":true}}}""");

        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 0 && cluster.Kubelet.Nodes.Count == 0, "the node is deleted");
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Migrating, "waits for another node");
    }

    [Fact]
    public async Task Drain_DeprecatedForm_IsConvertedAndKeepsStart()
    {
        await using var cluster = await TestCluster.StartAsync();
        var (before, pod) = await WithParticipantsAsync(cluster);

        await DrainAsync(cluster, before.SfuNode, """{"spec":{"drainRequestedAt":"2026-01-01T12:00:00Z"}}""");

        var asked = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        await cluster.EventuallyAsync(
            async () => (await NodeAsync(cluster, before.SfuNode)) is { Spec: { DrainRequestedAt: null, Drain: { Force: false, Reason: "requested by spec.drainRequestedAt" } }, Status.State: SfuNodeState.Draining } node && node.Status.DrainRequestedAt == asked,
            "the drain has the current form");
        await ExpectUnchangedAsync(cluster, before, pod);

        await DrainAsync(cluster, before.SfuNode, """{"spec":{"drain":null}}""");
        await cluster.EventuallyAsync(
            async () => (await NodeAsync(cluster, before.SfuNode)).Status is { State: SfuNodeState.Allocated, DrainRequestedAt: null } status && Blocked(status.Conditions) is null, "the node is serving again");
    }

    /// <summary>The Pod has no owner, so garbage collection does not delete it.</summary>
    [Fact]
    public async Task Pod_FinalizerRemovedByHand_IsDeleted()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var node = Assert.Single(await cluster.NodesAsync());
        await cluster.StopOperatorAsync("operator-1");
        await cluster.Client.DeleteAsync<SfuNode>(node.Metadata.NamespacedName, default);
        await DrainAsync(cluster, node.Metadata.Name!, """{"metadata":{"finalizers":null}}""");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 0, "the node is deleted");

        await cluster.StartOperatorAsync("operator-2");

        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Pod>(node.Metadata.NamespacedName, default) is null, "its Pod, too");
    }

    /// <summary>Makes the node the owner of its Pod, as older versions did, and waits until the operator has removed the owner.</summary>
    internal static async Task OwnAsync(TestCluster cluster, SfuNode node)
    {
        var owners = new JsonArray(JsonSerializer.SerializeToNode(Owner.Of(node), KubeJson.Options));
        await cluster.Client.MergePatchAsync<Pod>(node.Metadata.NamespacedName, new JsonObject { ["metadata"] = new JsonObject { ["ownerReferences"] = owners } }, default);
        await cluster.EventuallyAsync(async () => (await cluster.Client.GetAsync<Pod>(node.Metadata.NamespacedName, default)).Metadata.OwnerReferences is null or { Count: 0 }, "the Pod has no owner");
    }

    /// <summary>The report of a node without rooms, with some fields replaced.</summary>
    private static string Report(SimulatedMediaNode node, string fields)
    {
        var report = new NodeReport
        {
            Node = node.Name,
            Version = node.Version,
            InstanceId = node.InstanceId,
            State = node.Draining ? NodeControl.NodeState.Draining : NodeControl.NodeState.Ready,
            StartedAt = node.StartedAt,
            Term = node.Term,
            Credentials = CredentialReport.Of(node.Credentials),
            Rooms = [],
        };
        var json = JsonSerializer.SerializeToNode(report, NodeControlJson.Options)!.AsObject();
        foreach (var (field, value) in JsonNode.Parse(fields)!.AsObject())
        {
            json[field] = value!.DeepClone();
        }

        return json.ToJsonString();
    }

    private static Task<SfuNode> NodeAsync(TestCluster cluster, string name) => cluster.Client.GetAsync<SfuNode>(new NamespacedName("meet-a", name), default);

    private static Task DrainAsync(TestCluster cluster, string node, string patch) =>
        cluster.Client.MergePatchAsync<SfuNode>(new NamespacedName("meet-a", node), JsonNode.Parse(patch)!, default);

    private static async Task<(MeetingAssignment Assignment, Pod Pod)> WithParticipantsAsync(TestCluster cluster, int deadlineSeconds = 600)
    {
        await cluster.WithTenantAsync(pool: TestCluster.Pool() with { Drain = new SfuDrain { Policy = DrainPolicy.Wait, DeadlineSeconds = deadlineSeconds } });
        await cluster.CreateMeetingAsync("standup");
        var meeting = await cluster.WaitForReadyAsync("standup");
        var assignment = Assert.Single(meeting.Status!.Assignments);
        cluster.Kubelet.Node(assignment.SfuNode).SetParticipants(meeting.Status.MeetingId!, 2);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Active, "has participants");
        return (assignment, await cluster.Client.GetAsync<Pod>(new NamespacedName("meet-a", assignment.SfuNode), default));
    }

    private static async Task ExpectUnchangedAsync(TestCluster cluster, MeetingAssignment before, Pod pod)
    {
        var meeting = (await cluster.TryMeetingAsync("standup"))!;
        Assert.True(meeting.IsReady());
        Assert.Equal((before.SfuNode, before.Generation), (meeting.Status!.Assignments[0].SfuNode, meeting.Status.Assignments[0].Generation));
        var now = await cluster.Client.GetAsync<Pod>(pod.Metadata.NamespacedName, default);
        Assert.Equal((pod.Metadata.Uid, null), (now.Metadata.Uid, now.Metadata.DeletionTimestamp));
        Assert.Equal(2, cluster.Kubelet.Node(before.SfuNode).Rooms()[meeting.Status.MeetingId!].Participants);
    }

    private static Task EndAsync(TestCluster cluster) =>
        cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", "standup"), JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default);

    private static Task ScaleAsync(TestCluster cluster, int replicas) =>
        cluster.Client.MergePatchAsync<SfuPool>(PoolP, new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } }, default);

    private static Condition? Blocked(IReadOnlyList<Condition> conditions) => Conditions.Get(conditions, "DrainBlocked");
}
