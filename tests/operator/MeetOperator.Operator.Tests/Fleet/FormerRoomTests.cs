using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>Rooms that no meeting is assigned to, and rooms that a meeting has moved away from.</summary>
public sealed class FormerRoomTests : FleetStage
{
    [Fact]
    public void RecordReport_RoomWithoutMeeting_BecomesOrphanAfterGrace()
    {
        var target = AddNode("n1");

        Assert.Empty(Report(target, ("stranger", 1)));
        Time.Advance(TimeSpan.FromSeconds(9));
        Assert.Empty(Report(target, ("stranger", 1)));
        Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("stranger", Assert.Single(Report(target, ("stranger", 1))).Room);
    }

    [Fact]
    public void RecordReport_RoomOfMovedMeeting_StaysWhileOccupied()
    {
        var former = AddNode("n1");
        MoveToOtherNode("m1");

        Assert.Empty(ReportFor(TimeSpan.FromMinutes(30), former, ("m1", 2)));
        Assert.Equal(new OrphanRoom("m1", 1, OnlyIfEmpty: true), Assert.Single(Report(former, ("m1", 0))));
        Assert.Empty(ReportFor(TimeSpan.FromMinutes(30), former, ("m1", 1))); // A participant has joined before the room ended.

        Fleet.Release(Ref("m1"));
        Assert.Equal(new OrphanRoom("m1", 1, OnlyIfEmpty: false), Assert.Single(Report(former, ("m1", 1))));
    }

    [Fact]
    public void RecordReport_OrphanDoesNotEnd_IsDueAgainAfterGrace()
    {
        var target = AddNode("n1");

        Assert.Equal(3, ReportFor(TimeSpan.FromSeconds(31), target, ("stranger", 1)).Count);
    }

    /// <summary>A room that has gone and comes back may be that of a new placement, whose meeting is not known yet.</summary>
    [Fact]
    public void RecordReport_OrphanComesBack_GetsGraceAgain()
    {
        var target = AddNode("n1");
        Assert.Empty(ReportFor(TimeSpan.FromSeconds(9), target, ("stranger", 0)));
        Assert.Empty(ReportFor(TimeSpan.FromSeconds(9), target));

        Assert.Empty(ReportFor(TimeSpan.FromSeconds(9), target, ("stranger", 0)));
    }

    [Fact]
    public void FormerNodesOf_RoomBecomesOccupiedAndEmpty_WakesMeeting()
    {
        var former = AddNode("n1");
        MoveToOtherNode("m1");
        Assert.Empty(Fleet.FormerNodesOf(Ref("m1")));

        Report(former, ("m1", 2));
        Assert.Equal(["m1"], Woken);
        Assert.Equal([Former("n1")], Fleet.FormerNodesOf(Ref("m1")));
        Assert.Equal([Key("m1")], Fleet.FormerMeetingsOn(Key("n1")));

        Report(former, ("m1", 1));
        Assert.Equal(["m1"], Woken);

        Report(former, ("m1", 0));
        Assert.Equal(["m1", "m1"], Woken);
        Assert.Empty(Fleet.FormerNodesOf(Ref("m1")));
        Assert.Empty(Fleet.FormerMeetingsOn(Key("n1")));
    }

    [Fact]
    public void FormerNodesOf_OccupiedWhenMeetingMoves_CountsBeforeNextReport()
    {
        var former = AddNode("n1");
        PlaceWithRoom("m1");
        Report(former, ("m1", 2));
        AddNode("n2");
        Fleet.RecordRoomRejection(Ref("m1"), Key("n1"), 1, "full");

        Assert.Equal("n2", Place("m1", Fleet.Current(Ref("m1"))).Nodes.Single().SfuNode);

        Assert.Equal([Former("n1")], Fleet.FormerNodesOf(Ref("m1")));
    }

    /// <summary>The meeting may have become empty, so it must be reconciled.</summary>
    [Theory]
    [InlineData("room has ended")]
    [InlineData("node has restarted")]
    [InlineData("node is dead")]
    [InlineData("node is deleted")]
    public void FormerNodesOf_CountEnds_WakesMeeting(string how)
    {
        var former = AddNode("n1");
        MoveToOtherNode("m1");
        Report(former, ("m1", 2));
        Woken.Clear();

        switch (how)
        {
            case "room has ended":
                Report(former);
                break;
            case "node is dead":
                ObserveUnscheduled("n1");
                break;
            case "node has restarted":
                Observe("n1", "pod-n1-again", 200);
                break;
            case "node is deleted":
                Fleet.Forget(Key("n1"));
                break;
        }

        Assert.Equal(["m1"], Woken);
        Assert.Empty(Fleet.FormerNodesOf(Ref("m1")));
    }

    /// <summary>Failed polls do not show that participants have left.</summary>
    [Fact]
    public void FormerNodesOf_NodeDoesNotRespond_StillCounts()
    {
        var former = AddNode("n1");
        MoveToOtherNode("m1");
        Report(former, ("m1", 2));

        Miss(former, polls: NodeStateRules.DeadAfterMissedPolls * 10);

        Assert.Equal(SfuNodeState.Unhealthy, Fleet.View(Key("n1"))!.Decision.State);
        Assert.Equal([Former("n1")], Fleet.FormerNodesOf(Ref("m1")));
    }

    /// <summary>After a change of leader, the status is all that is known of former nodes.</summary>
    [Fact]
    public void FormerNodesOf_NodesHaveNotReported_IncludesStored()
    {
        AddNode("n1");
        PlaceWithRoom("m1");
        FormerNode[] stored = [Former("n2")];
        var target = Observe("n2", "pod-n2", 200);

        Assert.Equal(stored, Fleet.FormerNodesOf(Ref("m1"), stored));
        Miss(target, polls: NodeStateRules.DeadAfterMissedPolls);
        Assert.Equal(stored, Fleet.FormerNodesOf(Ref("m1"), stored));

        Report(target);
        Assert.Empty(Fleet.FormerNodesOf(Ref("m1"), stored));
    }

    /// <summary>Participants may have joined since the last report of a node that does not respond.</summary>
    [Fact]
    public void FormerNodesOf_SilentNodeWithEmptyRoom_CountsUntilItReports()
    {
        var former = AddNode("n1");
        MoveToOtherNode("m1");
        Report(former, ("m1", 0));

        Miss(former, polls: NodeStateRules.DeadAfterMissedPolls);
        Assert.Equal([Former("n1")], Fleet.FormerNodesOf(Ref("m1")));

        Report(former, ("m1", 0));
        Assert.Empty(Fleet.FormerNodesOf(Ref("m1")));
    }

    /// <summary>A pool keeps its meetings when its namespace is removed from the list of shared namespaces.</summary>
    [Fact]
    public void RecordReport_FormerNodeNoLongerShared_RoomStays()
    {
        var former = Observe("n1", "pod-n1", 200, @namespace: "media", tenantNamespace: false);
        Report(former);
        AddNode("n2");
        Assert.Equal("n2", Place("m1").Nodes.Single().SfuNode);

        Assert.Empty(ReportFor(TimeSpan.FromMinutes(1), former, ("m1", 2)));
        Assert.Equal(["n1"], Fleet.FormerNodesOf(Ref("m1")).Select(node => node.SfuNode));
    }

    [Fact]
    public void FormerNodesOf_NodeOfAnotherTenant_DoesNotCount()
    {
        AddNode("n1");
        PlaceWithRoom("m1");
        var stranger = AddNode("x1", @namespace: "meet-b");

        Report(stranger, ("m1", 2));

        Assert.Empty(Fleet.FormerNodesOf(Ref("m1")));
    }

    [Fact]
    public void Release_FormerRoomOccupied_RoomEndsAfterGrace()
    {
        var former = AddNode("n1");
        MoveToOtherNode("m1");
        Assert.Empty(Report(former, ("m1", 2)));

        Fleet.Release(Ref("m1"));

        Assert.Equal(new OrphanRoom("m1", 1, OnlyIfEmpty: false), Assert.Single(ReportFor(TimeSpan.FromSeconds(11), former, ("m1", 2))));
    }

    [Fact]
    public void RecordReport_MeetingLosesTheNodeItMovedTo_FormerRoomStays()
    {
        var former = AddNode("n1");
        MoveToOtherNode("m1");
        Fleet.RecordRoomRejection(Ref("m1"), Key("n2"), 2, "full");
        Assert.Empty(Place("m1", Fleet.Current(Ref("m1"))).Nodes);

        Assert.Empty(ReportFor(TimeSpan.FromMinutes(1), former, ("m1", 2)));
    }

    [Fact]
    public void RecordReport_RoomOfOtherTenantsMeeting_IsEnded()
    {
        AddNode("n1");
        PlaceWithRoom("m1");
        var stranger = AddNode("x1", @namespace: "meet-b");

        Assert.Equal(new OrphanRoom("m1", 1, OnlyIfEmpty: false), Assert.Single(ReportFor(TimeSpan.FromSeconds(11), stranger, ("m1", 2))));
    }
}
