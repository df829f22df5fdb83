using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary><c>kubectl cordon</c> alone, without a drain: media nodes on the cluster node are replaced, and a meeting with two participants moves over a link.</summary>
public sealed class CordonTests : IAsyncLifetime
{
    private const string Cordoned = "cluster-node-1";
    private static readonly NamespacedName Meeting = new("meet-a", "standup");
    private TestCluster _cluster = null!;
    private SimulatedMediaNode _first = null!;
    private string _id = string.Empty;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _cluster.Kubelet.Schedules = true;
        _cluster.Kubelet.Starting = static node => node.AnnouncesLinks = true;
        foreach (var name in (string[])[Cordoned, "cluster-node-2"])
        {
            await _cluster.Client.CreateAsync(new Node { Metadata = new ObjectMeta { Name = name } }, default);
            await _cluster.Client.MergePatchAsync<Node>(
                new NamespacedName(null, name), JsonNode.Parse("""{"status":{"conditions":[{"type":"Ready","status":"True"}]}}""")!, default, new WriteOptions { Subresource = "status" });
        }

        await _cluster.WithTenantAsync();
        await _cluster.CreateMeetingAsync(Meeting.Name);
        var placed = (await _cluster.WaitForReadyAsync(Meeting.Name)).Status!;
        (_id, _first) = (placed.MeetingId!, _cluster.Kubelet.Node(placed.Assignments[0].SfuNode));
        _first.SetParticipants(_id, 2);
        await WaitAsync(seen => seen.Participants == 2, "has participants");
        _cluster.Kubelet.ClusterNode = "cluster-node-2";
    }

    public Task DisposeAsync() => _cluster.DisposeAsync().AsTask();

    [Fact]
    public async Task ClusterNode_Cordoned_MeetingMovesOverALinkAndNodeIsRemoved()
    {
        HoldLinks();
        await CordonAsync(true);
        var second = await WaitForPreparingAsync();
        Assert.Equal(2, _first.Rooms()[_id].Participants);

        second.KnowsLinks = true;
        await FinishAsync(second);
    }

    /// <summary>A move that has begun is completed, because people are already on both media nodes.</summary>
    [Fact]
    public async Task ClusterNode_UncordonedWhileMeetingMoves_NobodyIsDropped()
    {
        HoldLinks();
        await CordonAsync(true);
        var second = await WaitForPreparingAsync();

        await CordonAsync(false);

        second.KnowsLinks = true;
        await FinishAsync(second);
    }

    [Fact]
    public async Task ClusterNode_UncordonedBeforeReplacementIsReady_NodeServesAgain()
    {
        _cluster.Kubelet.Paused = true;
        await CordonAsync(true);
        await _cluster.EventuallyAsync(async () => await _cluster.NodesAsync() is [_, _] && await FirstAsync() is { State: SfuNodeState.Allocated } cordoned && cordoned.Message!.Contains("is being replaced", StringComparison.Ordinal), "its replacement is created");

        await CordonAsync(false);

        await _cluster.EventuallyAsync(async () => await FirstAsync() is { State: SfuNodeState.Allocated, Message: "the media node accepts new meetings" }, "it serves again");
        await _cluster.EventuallyAsync(async () => await _cluster.NodesAsync() is [var only] && only.Metadata.Name == _first.Name, "its replacement is removed");
        Assert.False(_first.Draining);
        var stayed = (await _cluster.TryMeetingAsync(Meeting.Name))!.Status!;
        Assert.Equal((_first.Name, 1L, 2), (Assert.Single(stayed.Assignments).SfuNode, stayed.Assignments[0].Generation, stayed.Participants));
        await _cluster.CreateMeetingAsync("next");
        Assert.Equal(_first.Name, Assert.Single((await _cluster.WaitForReadyAsync("next")).Status!.Assignments).SfuNode);
    }

    /// <summary>The links of nodes that start from now on do not come up.</summary>
    private void HoldLinks() => _cluster.Kubelet.Starting = static node => (node.AnnouncesLinks, node.KnowsLinks) = (true, false);

    private async Task<SimulatedMediaNode> WaitForPreparingAsync()
    {
        var preparing = await WaitAsync(seen => seen is { Assignments: [{ State: AssignmentState.Ready }, { State: AssignmentState.Preparing }] }, "prepares the replacement");
        Assert.Equal(_first.Name, preparing.Assignments[0].SfuNode);
        return _cluster.Kubelet.Node(preparing.Assignments[1].SfuNode);
    }

    /// <summary>Waits until the meeting is on the second node too, lets the participants move, and waits until the first node is removed.</summary>
    private async Task FinishAsync(SimulatedMediaNode second)
    {
        var switched = await WaitAsync(seen => seen is { Assignments: [{ Role: AssignmentRole.Origin, State: AssignmentState.Ready }, { State: AssignmentState.Leaving }] }, "has switched");
        Assert.Equal([second.Name, _first.Name], switched.Assignments.Select(node => node.SfuNode));
        Assert.Equal(2, _first.Rooms()[_id].Participants);

        second.SetParticipants(_id, 2);
        await WaitAsync(seen => seen.Assignments is [{ Participants: 2 }, _], "has participants on the second node");
        _first.SetParticipants(_id, 0);

        var left = await WaitAsync(seen => seen.Assignments is [_], "has left the first node");
        Assert.Equal((second.Name, 2), (left.Assignments[0].SfuNode, left.Participants));
        await _cluster.EventuallyAsync(async () => await _cluster.NodesAsync() is [{ Status.State: SfuNodeState.Allocated } only] && only.Metadata.Name == second.Name, "the first node is removed");
    }

    private async Task<SfuNodeStatus> FirstAsync() => (await _cluster.NodesAsync()).Single(node => node.Metadata.Name == _first.Name).Status!;

    private Task<Node> CordonAsync(bool isCordoned) => _cluster.Client.MergePatchAsync<Node>(new NamespacedName(null, Cordoned), new JsonObject { ["spec"] = new JsonObject { ["unschedulable"] = isCordoned } }, default);

    private async Task<MeetingStatus> WaitAsync(Func<MeetingStatus, bool> condition, string what) =>
        (await _cluster.WaitForMeetingAsync(Meeting.Name, seen => seen.Status is { } status && condition(status), what)).Status!;
}
