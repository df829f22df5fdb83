using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>A meeting with two participants moves off a drained media node to another one over a link.</summary>
public sealed class MeetingMoveTests
{
    [Fact]
    public async Task Drain_NodesWithLinks_MovesBeforeParticipantsLeave()
    {
        await using var cluster = await TestCluster.StartAsync();
        var move = await MoveStage.StartAsync(cluster);

        await move.DrainAsync();
        var switched = await move.WaitAsync(seen => seen is { Assignments: [{ Role: AssignmentRole.Origin, State: AssignmentState.Ready }, { Role: AssignmentRole.Edge, State: AssignmentState.Leaving }] }, "has switched");

        Assert.Equal([move.Second.Name, move.First.Name], switched.Assignments.Select(node => node.SfuNode));
        Assert.Equal([2L, 1L], switched.Assignments.Select(node => node.Generation));
        Assert.NotNull(switched.Assignments[1].Deadline);
        Assert.Equal((2, 2), (switched.SfuCount, switched.Participants));
        Assert.Equal(2, move.First.Rooms()[move.Id].Participants);

        move.Second.SetParticipants(move.Id, 2);
        await move.WaitAsync(seen => seen.Assignments.All(node => node.Participants == 2) && seen is { Participants: 2, PeakParticipants: 2 }, "counts each participant once");
        move.First.SetParticipants(move.Id, 0);

        var left = await move.WaitAsync(seen => seen.Assignments is [_], "has left the drained node");
        Assert.Equal((move.Second.Name, 2L, 2), (left.Assignments[0].SfuNode, left.Assignments[0].Generation, left.Participants));
        cluster.Kubelet.Paused = false;
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).All(node => node.Metadata.Name != move.First.Name), "the drained node is deleted");
    }

    [Fact]
    public async Task Drain_TakenBackWhilePreparing_StaysOnOrigin()
    {
        await using var cluster = await TestCluster.StartAsync();
        var move = await MoveStage.StartAsync(cluster);
        move.Second.KnowsLinks = false; // The links never get up.
        await move.DrainAsync();
        await move.WaitAsync(seen => seen is { Assignments: [{ State: AssignmentState.Ready }, { State: AssignmentState.Preparing }] } && move.Second.Rooms().ContainsKey(move.Id), "prepares another node");

        await move.PatchNodeAsync("""{"spec":{"drain":null}}""");

        var stayed = await move.WaitAsync(seen => seen.Assignments is [_], "stays");
        Assert.Equal((move.First.Name, 1L, 2), (stayed.Assignments[0].SfuNode, stayed.Assignments[0].Generation, stayed.Participants));
        Assert.True(stayed.LastGeneration > 2);
    }

    /// <summary>Each of the two nodes is the only one that could take the other one's meeting.</summary>
    [Fact]
    public async Task Drain_BothNodesAtOnce_KeepsBothMeetingsUntilOneDrainIsTakenBack()
    {
        const string other = "review";
        await using var cluster = await TestCluster.StartAsync();
        var move = await MoveStage.StartAsync(cluster);
        await cluster.CreateMeetingAsync(other, new MeetingSpec { Placement = new MeetingPlacement { Strategy = PlacementStrategy.Distributed } });
        var placed = (await cluster.WaitForReadyAsync(other)).Status!;
        Assert.Equal(move.Second.Name, placed.Assignments[0].SfuNode);
        move.Second.SetParticipants(placed.MeetingId!, 3);
        await cluster.WaitForMeetingAsync(other, seen => seen.Status!.Participants == 3, "has participants");

        await Task.WhenAll(move.DrainAsync(), move.PatchNodeAsync("""{"spec":{"drain":{"deadlineSeconds":0,"reason":"test"}}}""", move.Second.Name));

        foreach (var (node, meeting) in new[] { (move.First, MoveStage.Key.Name), (move.Second, other) })
        {
            await cluster.EventuallyAsync(
                async () => Blocked(await cluster.NodesAsync(), node.Name)?.Message.Contains($"meet-a/{meeting}", StringComparison.Ordinal) == true, $"the drain of {node.Name} names {meeting}");
        }

        Assert.Equal([(move.First.Name, 1L), (move.Second.Name, 1L)], await PlacesAsync());
        Assert.Equal((2, 3), (move.First.Rooms()[move.Id].Participants, move.Second.Rooms()[placed.MeetingId!].Participants));

        await move.PatchNodeAsync("""{"spec":{"drain":null}}""");
        var switched = await cluster.WaitForMeetingAsync(other, seen => seen.Status is { Assignments: [{ Role: AssignmentRole.Origin, State: AssignmentState.Ready }, { State: AssignmentState.Leaving }] }, "has switched");
        Assert.Equal(move.First.Name, switched.Status!.Assignments[0].SfuNode);
        move.First.SetParticipants(placed.MeetingId!, 3);
        move.Second.SetParticipants(placed.MeetingId!, 0);
        await cluster.WaitForMeetingAsync(other, seen => seen.Status!.Assignments is [_], "has left the drained node");
        Assert.Equal([(move.First.Name, 1L), (move.First.Name, 2L)], await PlacesAsync());
        Assert.Equal(2, move.First.Rooms()[move.Id].Participants);

        async Task<(string, long)[]> PlacesAsync() =>
            [.. (await Task.WhenAll(cluster.TryMeetingAsync(MoveStage.Key.Name), cluster.TryMeetingAsync(other))).Select(meeting => Assert.Single(meeting!.Status!.Assignments)).Select(node => (node.SfuNode, node.Generation))];
    }

    [Fact]
    public async Task Drain_LeaderChangesWhileLeaving_NewLeaderFinishesMove()
    {
        await using var cluster = await TestCluster.StartAsync();
        var move = await MoveStage.StartAsync(cluster);
        await move.DrainAsync();
        await move.WaitAsync(seen => seen is { Assignments: [_, { State: AssignmentState.Leaving }] }, "has switched");
        move.Second.SetParticipants(move.Id, 2);

        await cluster.StopOperatorAsync("operator-1");
        await cluster.StartOperatorAsync("operator-2");
        move.First.SetParticipants(move.Id, 0);

        var left = await move.WaitAsync(seen => seen.Assignments is [_], "has left the drained node");
        Assert.Equal((move.Second.Name, 2L), (left.Assignments[0].SfuNode, left.Assignments[0].Generation));
    }

    [Fact]
    public async Task Meeting_EndedWhileLeaving_EndsRoomsOnBothNodes()
    {
        await using var cluster = await TestCluster.StartAsync();
        var move = await MoveStage.StartAsync(cluster);
        await move.DrainAsync();
        await move.WaitAsync(seen => seen is { Assignments: [_, { State: AssignmentState.Leaving }] }, "has switched");

        await cluster.Client.MergePatchAsync<Meeting>(MoveStage.Key, JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default);

        await move.WaitAsync(seen => seen is { Phase: MeetingPhase.Ended, Assignments: [], Cascade: [], NodeSummary: null }, "has ended");
        Assert.DoesNotContain(move.Id, move.First.Rooms().Keys);
        Assert.DoesNotContain(move.Id, move.Second.Rooms().Keys);
    }

    [Fact]
    public async Task Meeting_EditedWhilePreparing_ChangesRoomsOnBothNodes()
    {
        await using var cluster = await TestCluster.StartAsync();
        var move = await MoveStage.StartAsync(cluster);
        move.Second.KnowsLinks = false;
        await move.DrainAsync();
        await move.WaitAsync(seen => seen is { Assignments: [_, { State: AssignmentState.Preparing }] } && move.Second.Rooms().ContainsKey(move.Id), "prepares another node");

        await cluster.Client.MergePatchAsync<Meeting>(MoveStage.Key, JsonNode.Parse("""{"spec":{"maxParticipants":60}}""")!, default);

        foreach (var node in new[] { move.First, move.Second })
        {
            await cluster.EventuallyAsync(() => Task.FromResult(node.Read(move.Id, room => room.Spec.MaxParticipants) == 60), $"{node.Name} has the new limit");
        }
    }

    [Fact]
    public async Task Drain_OtherNodeDiesWhileLeaving_ReturnsToDrainedNode()
    {
        await using var cluster = await TestCluster.StartAsync();
        var move = await MoveStage.StartAsync(cluster);
        await move.DrainAsync();
        await move.WaitAsync(seen => seen is { Assignments: [_, { State: AssignmentState.Leaving }] }, "has switched");

        await cluster.Kubelet.KillAsync(move.Second.Name);

        var back = await move.WaitAsync(seen => seen.Assignments is [{ State: AssignmentState.Ready } only] && only.SfuNode == move.First.Name, "is back on the drained node");
        Assert.Equal((1L, 2), (back.Assignments[0].Generation, back.Participants));
    }

    private static Condition? Blocked(IReadOnlyList<SfuNode> nodes, string name) => Conditions.Get(nodes.Single(node => node.Metadata.Name == name).Status!.Conditions, "DrainBlocked");
}
