using MeetOperator.Contracts.Meetings;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;
using MeetOperator.Placement.Decisions;

namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>One of the two loops of n1 is stuck, and n2 can take its meetings.</summary>
public sealed class StuckLoopMoveTests : FleetStage
{
    private const int Stuck = 42000;
    private const int Working = 42001;
    private readonly PollTarget _first;

    public StuckLoopMoveTests()
    {
        _first = AddNode("n1");
        PlaceWithRoom("m");
        Report(Working, isStuck: false);
        Fleet.RecordReport(AddNode("n2"), Of() with { CanLink = true }, Time.GetTimestamp());
    }

    [Fact]
    public void Place_MeetingOnWorkingLoop_IsLinkedBeforeItMoves()
    {
        Fail(Working);

        var decision = Decide();

        Assert.Equal((PlacementOutcome.Preparing, "prepares n2: a media loop of n1 is stuck"), (decision.Outcome, decision.Reason));
        Assert.Equal("n1 Origin, n2 Edge", State());
    }

    [Fact]
    public void Place_MeetingOnStuckLoop_MovesAtOnce()
    {
        Fail(Stuck);

        Assert.Equal(PlacementOutcome.Moved, Decide().Outcome);
        Assert.Equal("n2 Origin", State());
    }

    /// <summary>The people on that part hear nobody, and cannot be moved over a link.</summary>
    [Fact]
    public void Place_PartOfMeetingOnStuckLoop_MovesAtOnce()
    {
        Fail(Working, new RoomPartReport { Port = Working, Participants = 3 }, new RoomPartReport { Port = Stuck, Participants = 2 });

        Assert.Equal(PlacementOutcome.Moved, Decide().Outcome);
        Assert.Equal("n2 Origin", State());
    }

    /// <summary>Earlier versions do not report the port.</summary>
    [Fact]
    public void Place_LoopOfMeetingUnknown_MovesAtOnce()
    {
        Fail(port: 0);

        Assert.Equal(PlacementOutcome.Moved, Decide().Outcome);
    }

    [Fact]
    public void Place_NewMeeting_GetsAnotherNode()
    {
        Fail(Working);

        Assert.Equal("n2", Assert.Single(Place("new").Nodes).SfuNode);
    }

    /// <summary>Three reports must show it.</summary>
    private void Fail(int port, params RoomPartReport[] parts)
    {
        for (var report = 0; report < 3; report++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Report(port, isStuck: true, parts);
        }
    }

    private void Report(int port, bool isStuck, params RoomPartReport[] parts) => Fleet.RecordReport(
        _first,
        Of() with
        {
            CanLink = true,
            Loops = 2,
            LoopReports = [new LoopReport { Port = Stuck, TickAgeMs = isStuck ? 9000 : 1 }, new LoopReport { Port = Working, TickAgeMs = 1 }],
            Rooms = [new RoomReport { Room = "m", Generation = 1, Participants = 5, Port = port, Parts = parts }],
        },
        Time.GetTimestamp());

    private PlacementDecision Decide() => Place("m", Fleet.Current(Ref("m")));

    private string State() => string.Join(", ", Fleet.Current(Ref("m"))!.Nodes.Select(node => $"{node.Node.Name} {node.Role}"));
}
