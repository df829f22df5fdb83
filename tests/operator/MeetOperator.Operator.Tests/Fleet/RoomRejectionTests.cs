namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>What follows from a room that a node has rejected, or did not create in time.</summary>
public sealed class RoomRejectionTests : FleetStage
{
    [Fact]
    public void RecordRoomRejection_NextPlacement_TriesAnotherNode()
    {
        AddNode("n1");
        AddNode("n2");
        var first = Place("m1").Nodes.Single().SfuNode;

        Fleet.RecordRoomRejection(Ref("m1"), Key(first), 1, "full");

        var second = Place("m1", Fleet.Current(Ref("m1")));
        Assert.NotEqual(first, second.Nodes.Single().SfuNode);
        Assert.Contains("rejected the room (full)", second.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void RecordRoomRejection_WallClockJumpsBack_EndsPauseInTime()
    {
        var target = AddNode("n1");
        Place("m1");
        Fleet.RecordRoomRejection(Ref("m1"), Key("n1"), 1, "full");
        Assert.Empty(Place("m2").Nodes);

        Time.JumpWallClock(TimeSpan.FromHours(-5));
        Time.Advance(TimeSpan.FromSeconds(3));
        Report(target);

        Assert.Single(Place("m2").Nodes);
    }

    /// <summary>Meetings that were assigned to the node before it rejected the first one do not keep others away.</summary>
    [Fact]
    public void RecordRoomRejection_DuringThePause_DoesNotExtendIt()
    {
        var target = AddNode("n1");
        Place("m1");
        Place("m2");
        Fleet.RecordRoomRejection(Ref("m1"), Key("n1"), 1, "full");
        Time.Advance(TimeSpan.FromMilliseconds(1900));
        Fleet.RecordRoomRejection(Ref("m2"), Key("n1"), 1, "full");
        Report(target);
        Assert.Empty(Place("m3").Nodes);

        Time.Advance(TimeSpan.FromMilliseconds(200));
        Report(target);

        Assert.Single(Place("m3").Nodes);
    }

    [Fact]
    public void RecordRoomRejection_AfterThePause_BeginsAnotherOne()
    {
        var target = AddNode("n1");
        Place("m1");
        Place("m2");
        Fleet.RecordRoomRejection(Ref("m1"), Key("n1"), 1, "full");
        Time.Advance(TimeSpan.FromMilliseconds(2100));
        Report(target);

        Fleet.RecordRoomRejection(Ref("m2"), Key("n1"), 1, "full");

        Assert.Empty(Place("m3").Nodes);
    }
}
