using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.Operator.Fleet;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;

namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>A meeting on n1 moves to n2 over a link, because n1 is drained.</summary>
public sealed class MoveTests : FleetStage
{
    private static readonly SfuNodeDrain DrainNow = new() { DeadlineSeconds = 0 };
    private readonly PollTarget _first;
    private PollTarget _second = null!;
    private bool _isLinked;

    public MoveTests()
    {
        _first = AddNode("n1");
        PlaceWithRoom("m");
        ReportFirst(5);
    }

    [Fact]
    public void Place_DrainedNode_PreparesAnotherAndKeepsOrigin()
    {
        Drain();

        var decision = Decide();

        Assert.Equal((PlacementOutcome.Preparing, "prepares n2: n1 is being drained"), (decision.Outcome, decision.Reason));
        Assert.Equal("n1 Origin Ready 1, n2 Edge Preparing 2", State());
        Assert.Equal((1, 1), (Fleet.View(Key("n1"))!.Meetings, Fleet.View(Key("n2"))!.Meetings));
        Assert.Equal(PlacementOutcome.Kept, Decide().Outcome);
    }

    [Fact]
    public void Place_RoomWithoutLink_StaysOnOrigin()
    {
        Prepare();

        Assert.Equal(PlacementOutcome.Kept, Decide().Outcome);
        Assert.Equal("n1 Origin Ready 1, n2 Edge Preparing 2", State());
    }

    [Fact]
    public void Place_LinkUp_SwitchesAndKeepsRooms()
    {
        var until = Time.GetUtcNow().AddSeconds(60);
        Switch();

        Assert.Equal("n2 Origin Ready 2, n1 Edge Leaving 1", State());
        Assert.All(Fleet.Current(Ref("m"))!.Nodes, node => Assert.True(node.RoomExists));
        Assert.Equal(until, Fleet.Current(Ref("m"))!.On(Key("n1"))!.Deadline);
    }

    [Fact]
    public void Place_LinkUpButNoRoomYet_Waits()
    {
        Drain();
        Decide();
        ReportSecond(0);
        Link();

        Assert.Equal(PlacementOutcome.Kept, Decide().Outcome);
    }

    [Fact]
    public void Place_NotLinkedForFifteenSeconds_MovesInOneStep()
    {
        Prepare();
        Pass(TimeSpan.FromSeconds(14));
        Assert.Equal(PlacementOutcome.Kept, Decide().Outcome);

        Pass(TimeSpan.FromSeconds(1));

        var moved = Decide();
        Assert.Equal(
            (PlacementOutcome.Moved, "moved to n2: n1 is being drained, and n2 could not be linked with the meeting's other media nodes in time, so people hear a short interruption"),
            (moved.Outcome, moved.Reason));
        Assert.Equal("n2 Origin Ready 2", State());
        Assert.Equal([Former("n1")], Fleet.FormerNodesOf(Ref("m")));
    }

    [Fact]
    public void Place_EmptyInReportFromBeforeLeaving_StaysLeaving()
    {
        Prepare();
        Link();
        var started = Time.GetTimestamp();
        Pass(TimeSpan.FromSeconds(1));
        Decide();

        ReportFirst(0, started: started);

        Assert.Equal(PlacementOutcome.Kept, Decide().Outcome);
        Assert.Equal("n2 Origin Ready 2, n1 Edge Leaving 1", State());
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void Place_ParticipantOrSessionRemains_StaysLeaving(int participants, int connected)
    {
        Switch();

        ReportFirst(participants, connected);

        Assert.Equal(PlacementOutcome.Kept, Decide().Outcome);
    }

    [Fact]
    public void Place_EmptyAfterSwitch_FreesFormerOrigin()
    {
        Switch();
        ReportFirst(2, 2);
        Woken.Clear();

        ReportFirst(0, 0);

        Assert.Equal(["m"], Woken);
        Assert.Equal((PlacementOutcome.Left, "left n1: it is empty"), (Decide() is var left ? left.Outcome : default, left.Reason));
        Assert.Equal("n2 Origin Ready 2", State());
        Assert.Empty(Fleet.FormerNodesOf(Ref("m")));
        Assert.Equal((0, 1), (Fleet.View(Key("n1"))!.Meetings, Fleet.View(Key("n2"))!.Meetings));
    }

    [Fact]
    public void Place_DeadlineWithParticipants_FreesNodeAndNamesItAsFormer()
    {
        Switch();
        ReportFirst(1, 1);
        Pass(TimeSpan.FromSeconds(59));
        ReportFirst(1, 1);
        Assert.Equal(PlacementOutcome.Kept, Decide().Outcome);

        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal("left n1: the deadline has passed; 1 participant was still connected just before the deadline, which ends the sessions of WHIP and WHEP clients", Decide().Reason);
        Assert.Equal([Former("n1")], Fleet.FormerNodesOf(Ref("m")));
    }

    /// <summary>Signaling ends the sessions of WHIP and WHEP clients four seconds before the deadline, so the node is empty when it is left.</summary>
    [Theory]
    [InlineData(56, "left n1: it is empty; 2 participants were still connected just before the deadline, which ends the sessions of WHIP and WHEP clients")]
    [InlineData(50, "left n1: it is empty")]
    public void Place_SessionsUntilTheDeadline_SaysHowManyEnded(int seconds, string expected)
    {
        Switch();
        Time.Advance(TimeSpan.FromSeconds(seconds));
        ReportFirst(2, 2);
        ReportSecond(3);
        Assert.Equal(PlacementOutcome.Kept, Decide().Outcome);
        Time.Advance(TimeSpan.FromSeconds(1));

        ReportFirst(0, 0);
        ReportSecond(3);

        Assert.Equal(expected, Decide().Reason);
    }

    [Fact]
    public void Place_DrainTakenBackWhilePreparing_StaysAndNeverReusesGeneration()
    {
        Prepare();
        Observe("n1", "pod-n1", 200);
        ReportFirst(5);

        Assert.Equal("stays on n1, and gives up n2: the meeting does not have to move there now", Decide().Reason);
        ReportSecond(0);
        Assert.Equal("n1 Origin Ready 1", State());

        Drain();
        Decide();
        Assert.Equal("n1 Origin Ready 1, n2 Edge Preparing 4", State());
    }

    [Fact]
    public void Place_OriginDiesWhilePreparing_FinishesOnPreparedNode()
    {
        Prepare();
        ObserveDead("n1");

        Decide();

        Assert.Equal("n2 Origin Ready 2", State());
    }

    [Fact]
    public void Place_NewOriginDies_ReturnsToFormerOne()
    {
        Switch();
        ObserveDead("n2");

        Decide();

        Assert.Equal("n1 Origin Ready 1", State());
        Assert.Null(Fleet.Current(Ref("m"))!.Origin!.Deadline);
    }

    [Fact]
    public void Participants_SomeOnBothNodes_CountsEachOnce()
    {
        Switch();
        ReportSecond(3);
        Assert.Equal(5, Fleet.Current(Ref("m"))!.Participants);

        ReportFirst(4, 4);
        ReportSecond(4);
        Assert.Equal(5, Fleet.Current(Ref("m"))!.Participants);

        ReportFirst(0, 0);
        Assert.Equal(4, Fleet.Current(Ref("m"))!.Participants);
        ReportSecond(5);
        Decide();
        Assert.Equal(5, Fleet.Current(Ref("m"))!.Participants);
    }

    [Fact]
    public void Adopt_MoveInProgress_ContinuesIt()
    {
        var adopted = Ref("other");
        AddNode("n2");
        Fleet.Adopt(adopted, [Stored("n2", AssignmentRole.Origin, AssignmentState.Ready, 7), Stored("n1", AssignmentRole.Edge, AssignmentState.Leaving, 6) with { Deadline = Time.GetUtcNow().AddSeconds(20) }]);
        Assert.Equal("n2 Origin Ready 7, n1 Edge Leaving 6", State("other"));
        Time.Advance(TimeSpan.FromSeconds(19));
        Assert.Equal(PlacementOutcome.Kept, Decide("other").Outcome);

        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(PlacementOutcome.Left, Decide("other").Outcome);
    }

    [Fact]
    public void Adopt_LastGenerationNotListed_NextOneIsHigher()
    {
        Fleet.Adopt(Ref("other"), [Stored("n1", AssignmentRole.Origin, AssignmentState.Ready, 3)], last: 8);
        Drain();

        Decide("other");

        Assert.Equal("n1 Origin Ready 3, n2 Edge Preparing 9", State("other"));
    }

    [Fact]
    public void Adopt_RoleAndStateOfLaterVersion_GetsRoomOnOrigin()
    {
        Fleet.Adopt(Ref("other"), [Stored("n1", null, null, 3)]);

        Decide("other");

        Assert.Equal("n1 Origin Preparing 3", State("other"));
    }

    /// <summary>The participants of a meeting that is about to arrive count, so that the next one does not take their place.</summary>
    [Fact]
    public void Place_ParticipantsAboutToArrive_ReserveCapacity()
    {
        ReportFirst(49_997);
        Prepare();

        Assert.Equal("n3", PlacedWith("n3", participants: 4));
    }

    private string PlacedWith(string other, int participants)
    {
        AddNode(other);
        Observe(other, "pod-" + other, 200, drain: null);
        return Fleet.Place(new() { MeetingId = "big", Namespace = "meet-a", Participants = participants }, Ref("big"))!.Nodes.Single().SfuNode;
    }

    private static MeetingAssignment Stored(string node, AssignmentRole? role, AssignmentState? state, long generation) =>
        new() { Namespace = "meet-a", SfuNode = node, Role = role, State = state, Generation = generation };

    private void Drain()
    {
        _second = AddNode("n2");
        Fleet.RecordReport(_second, Of() with { CanLink = true }, Time.GetTimestamp());
        Observe("n1", "pod-n1", 200, drain: DrainNow);
    }

    /// <summary>Drains n1, and gives n2 its room.</summary>
    private void Prepare()
    {
        Drain();
        Decide();
        Fleet.RecordRoom(Ref("m"), Key("n2"), 2, 100);
        ReportSecond(0);
    }

    private void Switch()
    {
        Prepare();
        Link();
        Assert.Equal(PlacementOutcome.Moved, Decide().Outcome);
        Time.Advance(TimeSpan.FromMilliseconds(1));
    }

    /// <summary>Both nodes report that their rooms are linked, or may report it from now on.</summary>
    private void Link()
    {
        _isLinked = true;
        ReportFirst(Fleet.Current(Ref("m"))!.On(Key("n1"))!.Participants);
        ReportSecond(0);
    }

    private void ReportFirst(int participants, int connected = 0, long? started = null) => ReportWithLink(_first, 1, "n2", participants, connected, started);

    private void ReportSecond(int participants) => ReportWithLink(_second, 2, "n1", participants, 0, null);

    private void ReportWithLink(PollTarget target, long generation, string peer, int participants, int connected, long? started)
    {
        var end = new LinkReport
        {
            Link = MeetingLinks.IdOf("m", Key("n1"), Key("n2")),
            Peer = Key(peer).ToString(),
            Tag = (uint)generation,
            PeerTag = 3 - (uint)generation,
            State = LinkEndState.Up,
        };
        var room = new RoomReport { Room = "m", Generation = generation, Participants = participants, Connected = connected, Links = _isLinked ? [end] : [] };
        Fleet.RecordReport(target, Of() with { CanLink = true, Rooms = [room] }, started ?? Time.GetTimestamp());
    }

    /// <summary>Lets time pass while all nodes report as before.</summary>
    private void Pass(TimeSpan time)
    {
        Time.Advance(time);
        ReportFirst(Fleet.Current(Ref("m"))!.On(Key("n1"))?.Participants ?? 0);
        if (Fleet.Current(Ref("m"))!.On(Key("n2")) is { } second)
        {
            ReportSecond(second.Participants);
        }
    }

    private void ObserveDead(string name)
    {
        Observe(name, null, 200, drain: name == "n1" ? DrainNow : null);
    }

    private PlacementDecision Decide(string meeting = "m") => Place(meeting, Fleet.Current(Ref(meeting)));

    private string State(string meeting = "m") => string.Join(", ", Fleet.Current(Ref(meeting))!.Nodes.Select(node => $"{node.Node.Name} {node.Role} {node.State} {node.Generation}"));
}
