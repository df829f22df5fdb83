using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>A meeting with two participants moves to the media node that spec.placement.moveTo names.</summary>
public sealed class RequestedMoveTests
{
    [Fact]
    public async Task MoveTo_OtherNode_MovesOnceAndNotAgain()
    {
        await using var cluster = await TestCluster.StartAsync();
        var stage = await MoveStage.StartAsync(cluster);

        await RequestAsync(cluster, stage.Second.Name);
        var moved = await stage.WaitAsync(seen => seen is { Move.State: MeetingMoveState.Done, Assignments: [{ Role: AssignmentRole.Origin }, { State: AssignmentState.Leaving }] }, "has moved");
        Assert.Equal((stage.Second.Name, $"the meeting is on meet-a/{stage.Second.Name}"), (moved.Assignments[0].SfuNode, moved.Move!.Message));
        Assert.Equal(2, stage.First.Rooms()[stage.Id].Participants);
        stage.Second.SetParticipants(stage.Id, 2);
        stage.First.SetParticipants(stage.Id, 0);
        await stage.WaitAsync(seen => seen is { Participants: 2, Assignments: [_] }, "has left the first node");

        // The same request stays in the spec, as in a manifest. A later drain moves the meeting back, and it stays there.
        await stage.PatchNodeAsync("""{"spec":{"drain":{"deadlineSeconds":0}}}""", stage.Second.Name);
        await stage.WaitAsync(seen => seen.Assignments is [{ State: AssignmentState.Ready } origin, ..] && origin.SfuNode == stage.First.Name, "is back");
        await stage.PatchNodeAsync("""{"spec":{"drain":null}}""", stage.Second.Name);
        stage.First.SetParticipants(stage.Id, 2);
        stage.Second.SetParticipants(stage.Id, 0);
        await stage.WaitAsync(seen => seen.Assignments is [_], "has left the second node");
        await PatchAsync(cluster, """{"spec":{"title":"edited"}}""");
        await cluster.WaitForMeetingAsync(MoveStage.Key.Name, seen => seen.Status!.ObservedGeneration == seen.Metadata.Generation && seen.Spec.Title == "edited", "is reconciled");
        var stayed = await stage.WaitAsync(_ => true, "is read");
        Assert.Equal(stage.First.Name, stayed.Assignments.Single().SfuNode);

        // With another time, it is a new request.
        await RequestAsync(cluster, stage.Second.Name, DateTimeOffset.UtcNow);
        await stage.WaitAsync(seen => seen is { Move.State: MeetingMoveState.Done } && seen.Assignments[0].SfuNode == stage.Second.Name, "moves again");
    }

    [Fact]
    public async Task MoveTo_TakenBackWhilePreparing_StaysOnOrigin()
    {
        await using var cluster = await TestCluster.StartAsync();
        var stage = await MoveStage.StartAsync(cluster);
        stage.Second.KnowsLinks = false; // The links never get up.
        await RequestAsync(cluster, stage.Second.Name);
        await stage.WaitAsync(seen => seen is { Move.State: MeetingMoveState.Moving, Assignments: [{ State: AssignmentState.Ready }, { State: AssignmentState.Preparing }] }, "is moving");

        await PatchAsync(cluster, """{"spec":{"placement":{"moveTo":null}}}""");

        var stayed = await stage.WaitAsync(seen => seen is { Move: null, Assignments: [_] }, "stays");
        Assert.Equal((stage.First.Name, 2), (stayed.Assignments[0].SfuNode, stayed.Participants));
        await EventAsync(cluster, "MoveCanceled");
    }

    [Fact]
    public async Task MoveTo_NodeIsNotLinkedInTime_FailsAndStays()
    {
        await using var cluster = await TestCluster.StartAsync();
        var stage = await MoveStage.StartAsync(cluster);
        stage.Second.KnowsLinks = false;

        await RequestAsync(cluster, stage.Second.Name);

        var failed = await stage.WaitAsync(seen => seen is { Move.State: MeetingMoveState.Failed, Assignments: [_] }, "gives up");
        Assert.Equal($"the move was given up: gives up {stage.Second.Name}: it is not linked with the other media nodes", failed.Move!.Message);
        Assert.Equal((stage.First.Name, 2), (failed.Assignments[0].SfuNode, failed.Participants));
        await EventAsync(cluster, "MoveFailed");
    }

    [Fact]
    public async Task MoveTo_NodeIsDraining_IsRefusedWithReason()
    {
        await using var cluster = await TestCluster.StartAsync();
        var stage = await MoveStage.StartAsync(cluster);
        await stage.PatchNodeAsync("""{"spec":{"drain":{"deadlineSeconds":3600}}}""", stage.Second.Name);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Any(node => node.Status?.State == SfuNodeState.Draining), "the node drains");

        await RequestAsync(cluster, stage.Second.Name);

        var refused = await stage.WaitAsync(seen => seen.Move is not null, "is answered");
        Assert.Equal((MeetingMoveState.Refused, $"meet-a/{stage.Second.Name} cannot take the meeting: the media node is draining"), (refused.Move!.State, refused.Move.Message));
        Assert.Equal((stage.First.Name, MeetingPhase.Active), (refused.Assignments.Single().SfuNode, refused.Phase));
        await EventAsync(cluster, "MoveRefused");
    }

    [Fact]
    public async Task MoveTo_RequestOfYesterday_IsRefused()
    {
        await using var cluster = await TestCluster.StartAsync();
        var stage = await MoveStage.StartAsync(cluster);

        await RequestAsync(cluster, stage.Second.Name, DateTimeOffset.UtcNow.AddDays(-1));

        var refused = await stage.WaitAsync(seen => seen.Move is not null, "is answered");
        Assert.Equal(MeetingMoveState.Refused, refused.Move!.State);
        Assert.Contains("more than an hour old: set placement.moveTo.requestedAt", refused.Move.Message, StringComparison.Ordinal);
        Assert.Equal(stage.First.Name, refused.Assignments.Single().SfuNode);
    }

    [Fact]
    public async Task MoveTo_MeetingEndsWhilePreparing_EndsRoomsOnBothNodes()
    {
        await using var cluster = await TestCluster.StartAsync();
        var stage = await MoveStage.StartAsync(cluster);
        stage.Second.KnowsLinks = false;
        await RequestAsync(cluster, stage.Second.Name);
        await stage.WaitAsync(seen => seen is { Move.State: MeetingMoveState.Moving } && stage.Second.Rooms().ContainsKey(stage.Id), "is moving");

        await PatchAsync(cluster, """{"spec":{"desiredState":"Ended"}}""");

        var ended = await stage.WaitAsync(seen => seen is { Phase: MeetingPhase.Ended, Assignments: [] }, "has ended");
        Assert.Equal((MeetingMoveState.Failed, "the meeting has ended"), (ended.Move!.State, ended.Move.Message));
        Assert.All(new[] { stage.First, stage.Second }, node => Assert.DoesNotContain(stage.Id, node.Rooms().Keys));
    }

    [Fact]
    public async Task MoveTo_MeetingIsDeletedWhilePreparing_EndsRoomsOnBothNodes()
    {
        await using var cluster = await TestCluster.StartAsync();
        var stage = await MoveStage.StartAsync(cluster);
        stage.Second.KnowsLinks = false;
        await RequestAsync(cluster, stage.Second.Name);
        await stage.WaitAsync(seen => seen is { Move.State: MeetingMoveState.Moving } && stage.Second.Rooms().ContainsKey(stage.Id), "is moving");

        await cluster.Client.DeleteAsync<Meeting>(MoveStage.Key, default);

        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Meeting>(MoveStage.Key, default) is null, "the meeting is gone");
        Assert.All(new[] { stage.First, stage.Second }, node => Assert.DoesNotContain(stage.Id, node.Rooms().Keys));
    }

    [Fact]
    public async Task MoveTo_LeaderChangesWhilePreparing_NewLeaderFinishesMove()
    {
        await using var cluster = await TestCluster.StartAsync();
        var stage = await MoveStage.StartAsync(cluster);
        stage.Second.KnowsLinks = false;
        await RequestAsync(cluster, stage.Second.Name);
        await stage.WaitAsync(seen => seen is { Move.State: MeetingMoveState.Moving, Assignments: [_, { State: AssignmentState.Preparing }] }, "is moving");

        await cluster.StopOperatorAsync("operator-1");
        stage.Second.KnowsLinks = true;
        await cluster.StartOperatorAsync("operator-2");

        var moved = await stage.WaitAsync(seen => seen is { Move.State: MeetingMoveState.Done }, "has moved");
        Assert.Equal(stage.Second.Name, moved.Assignments[0].SfuNode);
    }

    private static Task RequestAsync(TestCluster cluster, string node, DateTimeOffset? at = null) => PatchAsync(
        cluster,
        new JsonObject { ["spec"] = new JsonObject { ["placement"] = new JsonObject { ["moveTo"] = new JsonObject { ["sfuNode"] = node, ["requestedAt"] = at?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture) } } } }.ToJsonString());

    private static Task PatchAsync(TestCluster cluster, string patch) => cluster.Client.MergePatchAsync<Meeting>(MoveStage.Key, JsonNode.Parse(patch)!, default);

    private static Task EventAsync(TestCluster cluster, string reason) => cluster.EventuallyAsync(
        async () => (await cluster.Client.ListAllAsync<Event>("meet-a", new(), default)).Items.Any(happened => happened.Reason == reason && happened.InvolvedObject.Name == MoveStage.Key.Name),
        $"there is an event {reason}");
}
