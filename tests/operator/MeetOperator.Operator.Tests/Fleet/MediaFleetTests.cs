using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class MediaFleetTests
{
    private readonly ManualTime _time = new();
    private readonly FleetWakeups _wakeups = new();
    private readonly List<string> _woken = [];
    private readonly MediaFleet _fleet;

    public MediaFleetTests()
    {
        _wakeups.Meeting = key => _woken.Add(key.Name);
        _fleet = new MediaFleet(_wakeups, _time);
    }

    [Fact]
    public void Place_ManyInParallel_NeverOverfillsNode()
    {
        foreach (var name in (string[])["n1", "n2", "n3"])
        {
            AddNode(name, maxMeetings: 50);
        }

        var placed = 0;
        Parallel.For(0, 400, number =>
        {
            if (Place($"m{number}").Nodes is [_])
            {
                Interlocked.Increment(ref placed);
            }
        });

        Assert.Equal(150, placed);
        Assert.All((string[])["n1", "n2", "n3"], name => Assert.Equal(50, _fleet.View(Key(name))!.Meetings));
    }

    [Fact]
    public void TryClose_EmptyNode_GetsNoMoreMeetings()
    {
        AddNode("n1");
        Assert.Single(Place("m1").Nodes);
        Assert.False(_fleet.TryClose(Key("n1")));
        Assert.Single(Place("m2").Nodes);

        _fleet.Release(Ref("m1"));
        _fleet.Release(Ref("m2"));

        Assert.True(_fleet.TryClose(Key("n1")));
        Assert.Empty(Place("m3").Nodes);
        _fleet.KeepOpen(Key("n1"), outdated: true);
        Assert.Single(Place("m3").Nodes);
    }

    [Fact]
    public void Release_FullNode_FreesCapacity()
    {
        AddNode("n1", maxMeetings: 1);
        Assert.Single(Place("m1").Nodes);
        Assert.Empty(Place("m2").Nodes);

        _fleet.Release(Ref("m1"));

        Assert.Single(Place("m2").Nodes);
    }

    [Fact]
    public void RecordReport_ParticipantCountChanged_WakesOnlyThatMeeting()
    {
        var target = AddNode("n1");
        PlaceWithRoom("m1");
        PlaceWithRoom("m2");
        Report(target, ("m1", 0), ("m2", 0));
        _woken.Clear();

        Report(target, ("m1", 4), ("m2", 0));

        Assert.Equal(["m1"], _woken);
        Assert.Equal(4, _fleet.Current(Ref("m1"))!.Participants);
    }

    [Fact]
    public void RecordReport_RoomMissing_MarksRoomLost()
    {
        var target = AddNode("n1");
        PlaceWithRoom("m1");

        Report(target);

        Assert.Equal(NodeAssignmentState.Lost, _fleet.Current(Ref("m1"))!.Origin!.State);
        Assert.Equal(["m1"], _woken);
    }

    [Fact]
    public void RecordReport_RoomCreatedDuringPoll_IsNotLost()
    {
        var target = AddNode("n1");
        var pollStarted = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromMilliseconds(10));
        PlaceWithRoom("m1");

        _fleet.RecordReport(target, Of(), pollStarted);

        Assert.Equal(NodeAssignmentState.Ready, _fleet.Current(Ref("m1"))!.Origin!.State);
    }

    [Fact]
    public void RecordReport_RoomWithoutMeeting_BecomesOrphanAfterGrace()
    {
        var target = AddNode("n1");

        Assert.Empty(Report(target, ("stranger", 1)));
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Empty(Report(target, ("stranger", 1)));
        _time.Advance(TimeSpan.FromSeconds(2));
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

        _fleet.Release(Ref("m1"));
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
        Assert.Empty(_fleet.FormerNodesOf(Ref("m1")));

        Report(former, ("m1", 2));
        Assert.Equal(["m1"], _woken);
        Assert.Equal([Former("n1")], _fleet.FormerNodesOf(Ref("m1")));
        Assert.Equal([Key("m1")], _fleet.FormerMeetingsOn(Key("n1")));

        Report(former, ("m1", 1));
        Assert.Equal(["m1"], _woken);

        Report(former, ("m1", 0));
        Assert.Equal(["m1", "m1"], _woken);
        Assert.Empty(_fleet.FormerNodesOf(Ref("m1")));
        Assert.Empty(_fleet.FormerMeetingsOn(Key("n1")));
    }

    [Fact]
    public void FormerNodesOf_OccupiedWhenMeetingMoves_CountsBeforeNextReport()
    {
        var former = AddNode("n1");
        PlaceWithRoom("m1");
        Report(former, ("m1", 2));
        AddNode("n2");
        _fleet.RecordRoomRejection(Ref("m1"), Key("n1"), 1, "full");

        Assert.Equal("n2", Place("m1", _fleet.Current(Ref("m1"))).Nodes.Single().SfuNode);

        Assert.Equal([Former("n1")], _fleet.FormerNodesOf(Ref("m1")));
    }

    /// <summary>Whatever ends the count on the former node must wake the meeting, which may have become empty.</summary>
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
        _woken.Clear();

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
                _fleet.Forget(Key("n1"));
                break;
        }

        Assert.Equal(["m1"], _woken);
        Assert.Empty(_fleet.FormerNodesOf(Ref("m1")));
    }

    /// <summary>Failed polls do not show that participants have left.</summary>
    [Fact]
    public void FormerNodesOf_NodeDoesNotRespond_StillCounts()
    {
        var former = AddNode("n1");
        MoveToOtherNode("m1");
        Report(former, ("m1", 2));

        Miss(former, polls: NodeStateRules.DeadAfterMissedPolls * 10);

        Assert.Equal(SfuNodeState.Unhealthy, _fleet.View(Key("n1"))!.Decision.State);
        Assert.Equal([Former("n1")], _fleet.FormerNodesOf(Ref("m1")));
    }

    /// <summary>After a change of leader, the status is all that is known of former nodes.</summary>
    [Fact]
    public void FormerNodesOf_NodesHaveNotReported_IncludesStored()
    {
        AddNode("n1");
        PlaceWithRoom("m1");
        FormerNode[] stored = [Former("n2")];
        var target = Observe("n2", "pod-n2", 200);

        Assert.Equal(stored, _fleet.FormerNodesOf(Ref("m1"), stored));
        Miss(target, polls: NodeStateRules.DeadAfterMissedPolls);
        Assert.Equal(stored, _fleet.FormerNodesOf(Ref("m1"), stored));

        Report(target);
        Assert.Empty(_fleet.FormerNodesOf(Ref("m1"), stored));
    }

    [Fact]
    public void FormerNodesOf_NodeOfAnotherTenant_DoesNotCount()
    {
        AddNode("n1");
        PlaceWithRoom("m1");
        var stranger = AddNode("x1", @namespace: "meet-b");

        Report(stranger, ("m1", 2));

        Assert.Empty(_fleet.FormerNodesOf(Ref("m1")));
    }

    [Fact]
    public void Release_FormerRoomOccupied_RoomEndsAfterGrace()
    {
        var former = AddNode("n1");
        MoveToOtherNode("m1");
        Assert.Empty(Report(former, ("m1", 2)));

        _fleet.Release(Ref("m1"));

        Assert.Equal(new OrphanRoom("m1", 1, OnlyIfEmpty: false), Assert.Single(ReportFor(TimeSpan.FromSeconds(11), former, ("m1", 2))));
    }

    [Fact]
    public void RecordReport_MeetingLosesTheNodeItMovedTo_FormerRoomStays()
    {
        var former = AddNode("n1");
        MoveToOtherNode("m1");
        _fleet.RecordRoomRejection(Ref("m1"), Key("n2"), 2, "full");
        Assert.Empty(Place("m1", _fleet.Current(Ref("m1"))).Nodes);

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

    /// <summary>Under load, a probe with a timeout of one second can fail together with the operator's polls.</summary>
    [Fact]
    public void RecordMissedPoll_ThreePollsAndOneProbe_KeepsMeetings()
    {
        var busy = AddNode("n1");
        PlaceWithRoom("m1");
        AddNode("n2");

        Miss(busy, polls: 3);
        Observe("n1", "pod-n1", 200, Container(isReady: false));
        _time.Advance(TimeSpan.FromSeconds(1));
        Miss(busy, polls: 1);
        Observe("n1", "pod-n1", 200, Container(isReady: true));
        _time.Advance(TimeSpan.FromSeconds(60));
        Miss(busy, polls: 1);

        Assert.Empty(_woken);
        Assert.Equal(PlacementOutcome.Kept, Place("m1", _fleet.Current(Ref("m1"))).Outcome);
    }

    /// <summary>A failed probe is no evidence while the node responds to the operator.</summary>
    [Fact]
    public void RecordMissedPoll_NodeWasNotReadyBefore_KeepsMeetingsForSeconds()
    {
        var node = AddNode("n1");
        PlaceWithRoom("m1");
        AddNode("n2");
        Observe("n1", "pod-n1", 200, Container(isReady: false));
        _time.Advance(TimeSpan.FromSeconds(60));
        Report(node, ("m1", 2));
        _woken.Clear();

        _time.Advance(TimeSpan.FromSeconds(2));
        Miss(node, polls: 3);
        Assert.Empty(_woken);

        _time.Advance(TimeSpan.FromSeconds(1));
        Miss(node, polls: 1);
        Assert.Equal(["m1"], _woken);
    }

    [Fact]
    public void RecordMissedPoll_ProbeFailsForSecondsToo_MovesMeetings()
    {
        var dying = AddNode("n1");
        PlaceWithRoom("m1");
        AddNode("n2");

        Miss(dying, polls: 3);
        Assert.Equal(PlacementOutcome.Kept, Place("m1", _fleet.Current(Ref("m1"))).Outcome);
        Assert.Empty(_woken);
        Observe("n1", "pod-n1", 200, Container(isReady: false));
        _time.Advance(NodeLossRules.MinProbeFailureTime);
        Miss(dying, polls: 1);

        Assert.Equal(["m1"], _woken);
        var decision = Place("m1", _fleet.Current(Ref("m1")));
        Assert.Equal((PlacementOutcome.Moved, "n2", 2L), (decision.Outcome, decision.Nodes.Single().SfuNode, decision.Generation));
    }

    [Fact]
    public void Observe_NewPodUnschedulable_MovesMeetingsAtOnce()
    {
        AddNode("n1");
        PlaceWithRoom("m1");
        AddNode("n2");

        ObserveUnscheduled("n1");

        Assert.Equal(["m1"], _woken);
        Assert.Equal("Unschedulable", _fleet.View(Key("n1"))!.Decision.Reason);
        var decision = Place("m1", _fleet.Current(Ref("m1")));
        Assert.Equal((PlacementOutcome.Moved, "n2", 2L), (decision.Outcome, decision.Nodes.Single().SfuNode, decision.Generation));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Observe_PodOfUnresponsiveNodeDeleted_MovesMeetings(bool isUntrusted)
    {
        var silent = AddNode("n1");
        PlaceWithRoom("m1");
        AddNode("n2");
        Miss(silent, polls: 3, isUntrusted);
        Assert.Empty(_woken);

        Observe("n1", "pod-n1", 200, deletedAt: _time.GetUtcNow());

        Assert.Equal(["m1"], _woken);
        Assert.Equal("n2", Place("m1", _fleet.Current(Ref("m1"))).Nodes.Single().SfuNode);
        Assert.Contains("its Pod is being deleted: its meetings are being moved", _fleet.View(Key("n1"))!.Decision.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RecordMissedPoll_ConsecutiveUntrustedPods_ReportsNextReplacement()
    {
        for (var pod = 1; pod <= 3; pod++)
        {
            Miss(Observe("n1", $"pod-{pod}", 200), polls: 5, isUntrusted: true);
            Assert.Equal(pod, _fleet.View(Key("n1"))!.UntrustedPods);
            Observe("n1", podUid: null, 200);
        }

        var fourth = Observe("n1", "pod-4", 200);
        Miss(fourth, polls: 3, isUntrusted: true);
        Assert.Contains("4 consecutive Pods failed in this way, so the next one is created only when this one is 160 s old", _fleet.View(Key("n1"))!.Decision.Message, StringComparison.Ordinal);

        Report(fourth);
        Assert.Equal(0, _fleet.View(Key("n1"))!.UntrustedPods);
    }

    /// <summary>The Pod ended under the previous leader.</summary>
    [Fact]
    public void Place_AdoptedMeetingOfUnschedulablePod_Moves()
    {
        ObserveUnscheduled("n1");
        _fleet.Adopt(Ref("m1"), [new MeetingAssignment { SfuNode = "n1", Namespace = "meet-a", Generation = 1, State = AssignmentState.Ready }]);
        AddNode("n2");

        Assert.Equal("n2", Place("m1", _fleet.Current(Ref("m1"))).Nodes.Single().SfuNode);
    }

    /// <summary>The Pod was deleted, and its successor does not respond.</summary>
    [Fact]
    public void Observe_NewPodDoesNotRespond_MovesMeetings()
    {
        AddNode("n1");
        PlaceWithRoom("m1");
        AddNode("n2");
        Observe("n1", podUid: null, 200);

        Observe("n1", "another-pod", 200, Container(isReady: false));

        Assert.Equal(["m1"], _woken);
        Assert.Equal("n2", Place("m1", _fleet.Current(Ref("m1"))).Nodes.Single().SfuNode);
    }

    [Fact]
    public void Observe_SidecarRestarted_KeepsNodeState()
    {
        AddNode("n1");
        PlaceWithRoom("m1");

        Observe("n1", "pod-n1", 200, Container(isReady: true), new ContainerStatus { Name = "sidecar" });
        Observe("n1", "pod-n1", 200, Container(isReady: true), new ContainerStatus { Name = "sidecar", RestartCount = 1 });

        Assert.NotNull(_fleet.View(Key("n1"))!.Report);
        Assert.Empty(_woken);
    }

    [Fact]
    public void Place_NoCapacity_KeepsGeneration()
    {
        var dying = AddNode("n1");
        PlaceWithRoom("m1");
        Observe("n1", "pod-n1", 200, Container(isReady: false));
        _time.Advance(NodeLossRules.MinProbeFailureTime);
        Miss(dying, polls: 3);

        Assert.Empty(Place("m1", _fleet.Current(Ref("m1"))).Nodes);
        Assert.Empty(_fleet.Current(Ref("m1"))!.Nodes);
        AddNode("n2");

        Assert.Equal(2, Place("m1", _fleet.Current(Ref("m1"))).Generation);
    }

    [Fact]
    public void RecordRoomRejection_NextPlacement_TriesAnotherNode()
    {
        AddNode("n1");
        AddNode("n2");
        var first = Place("m1").Nodes.Single().SfuNode;

        _fleet.RecordRoomRejection(Ref("m1"), Key(first), 1, "full");

        var second = Place("m1", _fleet.Current(Ref("m1")));
        Assert.NotEqual(first, second.Nodes.Single().SfuNode);
        Assert.Contains("rejected the room (full)", second.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Adopt_OlderGeneration_ChangesNothing()
    {
        AddNode("n1");
        PlaceWithRoom("m1");

        _fleet.Adopt(Ref("m1"), [new MeetingAssignment { SfuNode = "elsewhere", Namespace = "meet-a", Generation = 1, State = AssignmentState.Ready }]);

        Assert.Equal(Key("n1"), _fleet.Current(Ref("m1"))!.Origin!.Node);
    }

    [Fact]
    public void Adopt_GenerationOutOfRange_ChangesNothing()
    {
        AddNode("n1");
        PlaceWithRoom("m1");

        _fleet.Adopt(Ref("m1"), [new MeetingAssignment { SfuNode = "elsewhere", Namespace = "meet-a", Generation = ReportRules.MaxGeneration, State = AssignmentState.Ready }]);
        Assert.Equal((Key("n1"), 1L), (_fleet.Current(Ref("m1"))!.Origin!.Node, _fleet.Current(Ref("m1"))!.Generation));

        _fleet.Adopt(Ref("m1"), [new MeetingAssignment { SfuNode = "elsewhere", Namespace = "meet-a", Generation = ReportRules.MaxGeneration - 1, State = AssignmentState.Ready }]);
        Assert.Equal(Key("elsewhere"), _fleet.Current(Ref("m1"))!.Origin!.Node);
    }

    [Fact]
    public void View_NodeWithoutMeetings_ReturnsDuration()
    {
        var target = AddNode("n1");
        PlaceWithRoom("m1");
        Report(target, ("m1", 2));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.Zero, _fleet.View(Key("n1"))!.WithoutMeetingsFor);

        _fleet.Release(Ref("m1"));
        _time.Advance(TimeSpan.FromSeconds(7));

        Assert.Equal(TimeSpan.FromSeconds(7), _fleet.View(Key("n1"))!.WithoutMeetingsFor);
    }

    [Fact]
    public void Place_IdOfPlacedMeeting_ReturnsNullAndReleasesNothing()
    {
        AddNode("n1");
        PlaceWithRoom("m1");
        var other = new MeetingRef(new NamespacedName("meet-b", "m1"), "uid-other", "m1");

        Assert.Null(_fleet.Place(new MeetingDemand { MeetingId = "m1", Namespace = "meet-b" }, other));
        _fleet.Adopt(other, [new MeetingAssignment { SfuNode = "elsewhere", Namespace = "meet-b", Generation = 9, State = AssignmentState.Ready }]);
        _fleet.RecordRoomRejection(other, Key("n1"), 1, "full");
        _fleet.Release(other);

        Assert.Null(_fleet.Current(other));
        Assert.Equal(Ref("m1"), _fleet.HolderOf("m1"));
        Assert.Equal((Key("n1"), 1L, null), (_fleet.Current(Ref("m1"))!.Origin!.Node, _fleet.Current(Ref("m1"))!.Generation, _fleet.Current(Ref("m1"))!.Origin!.RoomRejection));
        _fleet.Release(Ref("m1"));
        Assert.NotNull(_fleet.Place(new MeetingDemand { MeetingId = "m1", Namespace = "meet-a" }, other));
    }

    [Fact]
    public void Observe_AnotherPod_ClearsReports()
    {
        AddNode("n1");

        Observe("n1", "another-pod", 200);

        Assert.Equal(SfuNodeState.Starting, _fleet.View(Key("n1"))!.Decision.State);
    }

    [Fact]
    public void Observe_ContainerRestarted_ServesAfterNextReport()
    {
        var target = AddNode("n1");
        PlaceWithRoom("m1");

        Observe("n1", "pod-n1", 200, new ContainerStatus { Name = "media-node", State = new ContainerState { Terminated = new ContainerStateTerminated { Reason = "Error" } } });
        Assert.Equal(SfuNodeState.Unhealthy, _fleet.View(Key("n1"))!.Decision.State);
        Observe("n1", "pod-n1", 200, new ContainerStatus { Name = "media-node", RestartCount = 1, State = new ContainerState { Running = new ContainerStateRunning() } });
        Assert.False(_fleet.View(Key("n1"))!.Decision.CanTakeMeetings);

        Report(target);
        Assert.True(_fleet.View(Key("n1"))!.Decision.CanTakeMeetings);
        Assert.Equal(NodeAssignmentState.Lost, _fleet.Current(Ref("m1"))!.Origin!.State);
    }

    [Fact]
    public void Observe_PodWithoutAddress_IsUnhealthy()
    {
        AddNode("n1");

        _fleet.Observe(new SfuNode { Metadata = new ObjectMeta { Name = "n1", Namespace = "meet-a" } }, null, new Pod { Metadata = new ObjectMeta { Uid = "pod-n1" } }, sharedNamespace: false, target: null);

        Assert.Equal(SfuNodeState.Unhealthy, _fleet.View(Key("n1"))!.Decision.State);
    }

    [Fact]
    public void Forget_NodeWithMeetings_WakesThem()
    {
        AddNode("n1");
        PlaceWithRoom("m1");

        _fleet.Forget(Key("n1"));

        Assert.Equal(["m1"], _woken);
    }

    [Fact]
    public void Place_StateLostButRoomExists_RejoinsAboveGeneration()
    {
        AddNode("n1");
        ReportRoom(AddNode("n2"), "m1", generation: 7, participants: 3);

        var decision = Place("m1");

        Assert.Equal(("n2", 8L), (decision.Nodes.Single().SfuNode, decision.Generation));
    }

    [Fact]
    public void Place_NodeOfRoomFull_PlacesElsewhereAboveGeneration()
    {
        AddNode("n1");
        ReportRoom(AddNode("n2", maxMeetings: 0), "m1", generation: 7, participants: 3);

        var decision = Place("m1");

        Assert.Equal(("n1", 8L), (decision.Nodes.Single().SfuNode, decision.Generation));
    }

    [Theory]
    [InlineData("n1", 4, 5)]
    [InlineData("n1", 1, 1)]
    [InlineData("n2", 1, 2)]
    [InlineData("n2", 9, 10)]
    public void RecordReport_HigherGeneration_RaisesMeeting(string reports, long generation, long expected)
    {
        // The previous leader recreated the room and ended before it wrote the status.
        Dictionary<string, PollTarget> targets = new() { ["n1"] = AddNode("n1") };
        PlaceWithRoom("m1");
        targets["n2"] = AddNode("n2");
        _woken.Clear();

        ReportRoom(targets[reports], "m1", generation, participants: 0);

        Assert.Equal((Key("n1"), expected), (_fleet.Current(Ref("m1"))!.Origin!.Node, _fleet.Current(Ref("m1"))!.Generation));
        Assert.Equal(expected == 1, _fleet.Current(Ref("m1"))!.Origin!.RoomExists);
        Assert.Contains("m1", _woken);
        ReportRoom(targets[reports], "m1", generation, participants: 0);
        Assert.Equal(expected, _fleet.Current(Ref("m1"))!.Generation);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(ReportRules.MaxGeneration)]
    public void RecordReport_NodeOfAnotherTenant_ChangesNothing(long generation)
    {
        AddNode("n1");
        PlaceWithRoom("m1");
        var stranger = AddNode("x1", @namespace: "meet-b");
        _woken.Clear();

        ReportRoom(stranger, "m1", generation, participants: 5);

        var current = _fleet.Current(Ref("m1"))!;
        Assert.Equal((Key("n1"), 1L, 0, true), (current.Origin!.Node, current.Generation, current.Participants, current.Origin.RoomExists));
        Assert.Empty(_woken);
    }

    [Fact]
    public void RecordReport_SharedNode_RaisesMeeting()
    {
        AddNode("n1");
        PlaceWithRoom("m1");

        ReportRoom(AddNode("s1", @namespace: "meet-system", shared: true), "m1", generation: 7, participants: 0);

        Assert.Equal(8, _fleet.Current(Ref("m1"))!.Generation);
    }

    [Theory]
    [InlineData(ReportRules.MaxGeneration - 1, ReportRules.MaxGeneration)]
    [InlineData(ReportRules.MaxGeneration, 1)]
    [InlineData(2 * ReportRules.MaxGeneration, 1)]
    public void RecordReport_HugeGeneration_StaysBelowLimit(long generation, long expected)
    {
        var target = AddNode("n1");
        PlaceWithRoom("m1");

        ReportRoom(target, "m1", generation, participants: 0);
        _fleet.RaiseGeneration(Ref("m1"), Key("n1"), generation);
        Assert.Equal(expected, _fleet.Current(Ref("m1"))!.Generation);

        _fleet.Release(Ref("m1"));
        Assert.Equal(expected, Place("m1").Generation);
    }

    [Fact]
    public void Place_NodeOfAnotherTenantReportsRoom_IsIgnored()
    {
        AddNode("n1");
        ReportRoom(AddNode("n2"), "m1", generation: 7, participants: 3);
        ReportRoom(AddNode("x1", @namespace: "meet-b"), "m1", generation: 900, participants: 1);

        var decision = Place("m1");

        Assert.Equal(("n2", 8L), (decision.Nodes.Single().SfuNode, decision.Generation));
    }

    [Fact]
    public void Place_NodeWithHighestGenerationFull_UsesNextHolder()
    {
        AddNode("n2");
        ReportRoom(AddNode("n1"), "m1", generation: 7, participants: 3);
        ReportRoom(AddNode("n3", maxMeetings: 0), "m1", generation: 9, participants: 0);

        var decision = Place("m1");

        Assert.Equal(("n1", 10L), (decision.Nodes.Single().SfuNode, decision.Generation));
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    public void Place_WallClockJumped_KeepsReportAges(int seconds)
    {
        var target = AddNode("n1");

        _time.JumpWallClock(TimeSpan.FromSeconds(seconds));
        Assert.Single(Place("m1").Nodes);

        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty(Place("m2").Nodes);
        Report(target);
        Assert.Single(Place("m2").Nodes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Place_WallClockJumpsDuringDrain_WaitsForDeadline(bool force)
    {
        var draining = AddNode("n1");
        PlaceWithRoom("m1");
        var other = AddNode("n2");
        Observe("n1", "pod-n1", 200, drain: new SfuNodeDrain { DeadlineSeconds = 60, Force = force });

        _time.JumpWallClock(TimeSpan.FromHours(1));
        Assert.Equal("n1", Place("m1", _fleet.Current(Ref("m1"))).Nodes.Single().SfuNode);
        _time.Advance(TimeSpan.FromSeconds(60));
        Report(draining, ("m1", 2));
        Report(other);

        Assert.Equal("n2", Place("m1", _fleet.Current(Ref("m1"))).Nodes.Single().SfuNode);
    }

    [Fact]
    public void RecordRoomRejection_WallClockJumpsBack_EndsPauseInTime()
    {
        var target = AddNode("n1");
        Place("m1");
        _fleet.RecordRoomRejection(Ref("m1"), Key("n1"), 1, "full");
        Assert.Empty(Place("m2").Nodes);

        _time.JumpWallClock(TimeSpan.FromHours(-5));
        _time.Advance(TimeSpan.FromSeconds(3));
        Report(target);

        Assert.Single(Place("m2").Nodes);
    }

    [Fact]
    public void HaveNodesReported_UnresponsiveNode_IsNotWaitedFor()
    {
        var silent = Observe("n1", "pod-n1", 200);
        Assert.False(_fleet.HaveNodesReported("meet-a"));

        Miss(silent, polls: 3);

        Assert.True(_fleet.HaveNodesReported("meet-a"));
        AddNode("n2");
        Assert.True(_fleet.HaveNodesReported("meet-a"));
    }

    [Fact]
    public void HaveNodesReported_NodeOfAnotherTenant_IsNotWaitedFor()
    {
        Observe("x1", "pod-x1", 200, @namespace: "meet-b");
        Assert.True(_fleet.HaveNodesReported("meet-a"));
        Assert.False(_fleet.HaveNodesReported("meet-b"));

        Observe("s1", "pod-s1", 200, @namespace: "meet-system", shared: true);
        Assert.False(_fleet.HaveNodesReported("meet-a"));
    }

    /// <summary>The process that could have an earlier room has ended, however often its successor fails.</summary>
    [Fact]
    public void HaveNodesReported_EndedProcess_IsNotWaitedFor()
    {
        var dying = AddNode("n1");
        var dead = new ContainerStatus { Name = "media-node", State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = "CrashLoopBackOff" } } };

        Observe("n1", "pod-n1", 200, dead);
        Assert.True(_fleet.HaveNodesReported("meet-a"));
        Miss(dying, polls: 2);
        Assert.True(_fleet.HaveNodesReported("meet-a"));
        Observe("n1", "pod-n1", 200, new ContainerStatus { Name = "media-node", RestartCount = 1, State = new ContainerState { Running = new ContainerStateRunning() } });
        Assert.True(_fleet.HaveNodesReported("meet-a"));
    }

    private void ReportRoom(PollTarget target, string meeting, long generation, int participants) =>
        _fleet.RecordReport(target, Of() with { Rooms = [new RoomReport { Room = meeting, Generation = generation, Participants = participants }] }, _time.GetTimestamp());

    private static MeetingRef Ref(string name) => new(Key(name), "uid-" + name, name);

    private static NamespacedName Key(string name) => new("meet-a", name);

    private static FormerNode Former(string node) => new() { SfuNode = node, Namespace = "meet-a", Generation = 1 };

    /// <summary>Places the meeting on n1, the only node so far, and moves it to n2.</summary>
    private void MoveToOtherNode(string meeting)
    {
        PlaceWithRoom(meeting);
        AddNode("n2");
        _fleet.RecordRoomRejection(Ref(meeting), Key("n1"), 1, "full");
        Assert.Equal("n2", Place(meeting, _fleet.Current(Ref(meeting))).Nodes.Single().SfuNode);
        _woken.Clear();
    }

    private PollTarget AddNode(string name, int maxMeetings = 200, string @namespace = "meet-a", bool shared = false)
    {
        var target = Observe(name, "pod-" + name, maxMeetings, @namespace: @namespace, shared: shared);
        Report(target);
        return target;
    }

    private PollTarget Observe(string name, string? podUid, int maxMeetings, ContainerStatus? container = null, ContainerStatus? sidecar = null, string @namespace = "meet-a", bool shared = false, SfuNodeDrain? drain = null, DateTimeOffset? deletedAt = null)
    {
        var target = new PollTarget(new NamespacedName(@namespace, name), podUid ?? string.Empty, new Uri("http://127.0.0.1:1/"), "token");
        var node = new SfuNode { Metadata = new ObjectMeta { Name = name, Namespace = @namespace }, Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "p" }, Drain = drain }, Status = drain is null ? null : new SfuNodeStatus { DrainRequestedAt = _time.GetUtcNow() } };
        var pool = new SfuPool { Spec = new SfuPoolSpec { Capacity = new SfuCapacity { MaxMeetings = maxMeetings, MaxParticipants = 50_000 } } };
        var pod = new Pod { Metadata = new ObjectMeta { Uid = podUid, DeletionTimestamp = deletedAt }, Status = new PodStatus { Phase = "Running", ContainerStatuses = container is null ? null : sidecar is null ? [container] : [container, sidecar] } };
        _fleet.Observe(node, pool, podUid is null ? null : pod, shared, podUid is null ? null : target);
        return target;
    }

    private void ObserveUnscheduled(string name)
    {
        var node = new SfuNode { Metadata = new ObjectMeta { Name = name, Namespace = "meet-a" }, Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "p" } } };
        var pod = new Pod { Metadata = new ObjectMeta { Uid = "unscheduled" }, Status = new PodStatus { Phase = "Pending", Conditions = [new PodCondition { Type = "PodScheduled", Status = "False", Message = "0/1 nodes are available" }] } };
        _fleet.Observe(node, new SfuPool { Spec = new SfuPoolSpec() }, pod, false, null);
    }

    private static ContainerStatus Container(bool isReady) => new() { Name = "media-node", Ready = isReady, State = new ContainerState { Running = new ContainerStateRunning() } };

    private void Miss(PollTarget target, int polls, bool isUntrusted = false)
    {
        for (var poll = 0; poll < polls; poll++)
        {
            _fleet.RecordMissedPoll(target, "no answer", isUntrusted: isUntrusted);
        }
    }

    private PlacementDecision Place(string meeting, AssignedMeeting? current = null) => _fleet.Place(
        new MeetingDemand { MeetingId = meeting, Namespace = "meet-a", Current = current is null ? null : MeetingDemands.Current(current) }, Ref(meeting))!;

    private void PlaceWithRoom(string meeting)
    {
        var placed = Place(meeting).Nodes.Single();
        _fleet.RecordRoom(Ref(meeting), Key(placed.SfuNode), placed.Generation, 100);
        _time.Advance(TimeSpan.FromMilliseconds(1));
    }

    private IReadOnlyList<OrphanRoom> Report(PollTarget target, params (string Room, int People)[] rooms) => _fleet.RecordReport(target, Of(rooms), _time.GetTimestamp());

    /// <summary>Sends the same report once a second for this long, and returns the rooms to end.</summary>
    private List<OrphanRoom> ReportFor(TimeSpan time, PollTarget target, params (string Room, int People)[] rooms)
    {
        var ended = new List<OrphanRoom>();
        for (var second = 0; second < time.TotalSeconds; second++)
        {
            ended.AddRange(Report(target, rooms));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        return ended;
    }

    private NodeReport Of(params (string Room, int People)[] rooms) => new()
    {
        Node = "n",
        Version = "1",
        InstanceId = "i",
        State = NodeState.Ready,
        StartedAt = _time.GetUtcNow(),
        Rooms = [.. rooms.Select(room => new RoomReport { Room = room.Room, Generation = 1, Participants = room.People })],
    };
}
