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

public sealed class MediaFleetTests : FleetStage
{
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
        Assert.All((string[])["n1", "n2", "n3"], name => Assert.Equal(50, Fleet.View(Key(name))!.Meetings));
    }

    [Fact]
    public void TryClose_EmptyNode_GetsNoMoreMeetings()
    {
        AddNode("n1");
        Assert.Single(Place("m1").Nodes);
        Assert.False(Fleet.TryClose(Key("n1")));
        Assert.Single(Place("m2").Nodes);

        Fleet.Release(Ref("m1"));
        Fleet.Release(Ref("m2"));

        Assert.True(Fleet.TryClose(Key("n1")));
        Assert.Empty(Place("m3").Nodes);
        Fleet.KeepOpen(Key("n1"), outdated: true, surplus: false);
        Assert.Single(Place("m3").Nodes);
    }

    [Fact]
    public void Release_FullNode_FreesCapacity()
    {
        AddNode("n1", maxMeetings: 1);
        Assert.Single(Place("m1").Nodes);
        Assert.Empty(Place("m2").Nodes);

        Fleet.Release(Ref("m1"));

        Assert.Single(Place("m2").Nodes);
    }

    [Fact]
    public void RecordReport_ParticipantCountChanged_WakesOnlyThatMeeting()
    {
        var target = AddNode("n1");
        PlaceWithRoom("m1");
        PlaceWithRoom("m2");
        Report(target, ("m1", 0), ("m2", 0));
        Woken.Clear();

        Report(target, ("m1", 4), ("m2", 0));

        Assert.Equal(["m1"], Woken);
        Assert.Equal(4, Fleet.Current(Ref("m1"))!.Participants);
    }

    [Fact]
    public void RecordReport_RoomMissing_MarksRoomLost()
    {
        var target = AddNode("n1");
        PlaceWithRoom("m1");

        Report(target);

        Assert.Equal(NodeAssignmentState.Lost, Fleet.Current(Ref("m1"))!.Origin!.State);
        Assert.Equal(["m1"], Woken);
    }

    [Fact]
    public void RecordReport_RoomCreatedDuringPoll_IsNotLost()
    {
        var target = AddNode("n1");
        var pollStarted = Time.GetTimestamp();
        Time.Advance(TimeSpan.FromMilliseconds(10));
        PlaceWithRoom("m1");

        Fleet.RecordReport(target, Of(), pollStarted);

        Assert.Equal(NodeAssignmentState.Ready, Fleet.Current(Ref("m1"))!.Origin!.State);
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
        Time.Advance(TimeSpan.FromSeconds(1));
        Miss(busy, polls: 1);
        Observe("n1", "pod-n1", 200, Container(isReady: true));
        Time.Advance(TimeSpan.FromSeconds(60));
        Miss(busy, polls: 1);

        Assert.Empty(Woken);
        Assert.Equal(PlacementOutcome.Kept, Place("m1", Fleet.Current(Ref("m1"))).Outcome);
    }

    /// <summary>A failed probe is no evidence while the node responds to the operator.</summary>
    [Fact]
    public void RecordMissedPoll_NodeWasNotReadyBefore_KeepsMeetingsForSeconds()
    {
        var node = AddNode("n1");
        PlaceWithRoom("m1");
        AddNode("n2");
        Observe("n1", "pod-n1", 200, Container(isReady: false));
        Time.Advance(TimeSpan.FromSeconds(60));
        Report(node, ("m1", 2));
        Woken.Clear();

        Time.Advance(TimeSpan.FromSeconds(2));
        Miss(node, polls: 3);
        Assert.Empty(Woken);

        Time.Advance(TimeSpan.FromSeconds(1));
        Miss(node, polls: 1);
        Assert.Equal(["m1"], Woken);
    }

    [Fact]
    public void RecordMissedPoll_ProbeFailsForSecondsToo_MovesMeetings()
    {
        var dying = AddNode("n1");
        PlaceWithRoom("m1");
        AddNode("n2");

        Miss(dying, polls: 3);
        Assert.Equal(PlacementOutcome.Kept, Place("m1", Fleet.Current(Ref("m1"))).Outcome);
        Assert.Empty(Woken);
        Observe("n1", "pod-n1", 200, Container(isReady: false));
        Time.Advance(NodeLossRules.MinProbeFailureTime);
        Miss(dying, polls: 1);

        Assert.Equal(["m1"], Woken);
        var decision = Place("m1", Fleet.Current(Ref("m1")));
        Assert.Equal((PlacementOutcome.Moved, "n2", 2L), (decision.Outcome, decision.Nodes.Single().SfuNode, decision.Generation));
    }

    [Fact]
    public void Observe_NewPodUnschedulable_MovesMeetingsAtOnce()
    {
        AddNode("n1");
        PlaceWithRoom("m1");
        AddNode("n2");

        ObserveUnscheduled("n1");

        Assert.Equal(["m1"], Woken);
        Assert.Equal("Unschedulable", Fleet.View(Key("n1"))!.Decision.Reason);
        var decision = Place("m1", Fleet.Current(Ref("m1")));
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
        Assert.Empty(Woken);

        Observe("n1", "pod-n1", 200, deletedAt: Time.GetUtcNow());

        Assert.Equal(["m1"], Woken);
        Assert.Equal("n2", Place("m1", Fleet.Current(Ref("m1"))).Nodes.Single().SfuNode);
        Assert.Contains("its Pod is being deleted: its meetings are being moved", Fleet.View(Key("n1"))!.Decision.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RecordMissedPoll_ConsecutiveUntrustedPods_ReportsNextReplacement()
    {
        for (var pod = 1; pod <= 3; pod++)
        {
            Miss(Observe("n1", $"pod-{pod}", 200), polls: 5, isUntrusted: true);
            Assert.Equal(pod, Fleet.View(Key("n1"))!.UntrustedPods);
            Observe("n1", podUid: null, 200);
        }

        var fourth = Observe("n1", "pod-4", 200);
        Miss(fourth, polls: 3, isUntrusted: true);
        Assert.Contains("4 consecutive Pods failed in this way, so the next one is created only when this one is 160 s old", Fleet.View(Key("n1"))!.Decision.Message, StringComparison.Ordinal);

        Report(fourth);
        Assert.Equal(0, Fleet.View(Key("n1"))!.UntrustedPods);
    }

    /// <summary>The Pod ended under the previous leader.</summary>
    [Fact]
    public void Place_AdoptedMeetingOfUnschedulablePod_Moves()
    {
        ObserveUnscheduled("n1");
        Fleet.Adopt(Ref("m1"), [new MeetingAssignment { SfuNode = "n1", Namespace = "meet-a", Generation = 1, State = AssignmentState.Ready }]);
        AddNode("n2");

        Assert.Equal("n2", Place("m1", Fleet.Current(Ref("m1"))).Nodes.Single().SfuNode);
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

        Assert.Equal(["m1"], Woken);
        Assert.Equal("n2", Place("m1", Fleet.Current(Ref("m1"))).Nodes.Single().SfuNode);
    }

    [Fact]
    public void Observe_SidecarRestarted_KeepsNodeState()
    {
        AddNode("n1");
        PlaceWithRoom("m1");

        Observe("n1", "pod-n1", 200, Container(isReady: true), new ContainerStatus { Name = "sidecar" });
        Observe("n1", "pod-n1", 200, Container(isReady: true), new ContainerStatus { Name = "sidecar", RestartCount = 1 });

        Assert.NotNull(Fleet.View(Key("n1"))!.Report);
        Assert.Empty(Woken);
    }

    [Fact]
    public void Place_NoCapacity_KeepsGeneration()
    {
        var dying = AddNode("n1");
        PlaceWithRoom("m1");
        Observe("n1", "pod-n1", 200, Container(isReady: false));
        Time.Advance(NodeLossRules.MinProbeFailureTime);
        Miss(dying, polls: 3);

        Assert.Empty(Place("m1", Fleet.Current(Ref("m1"))).Nodes);
        Assert.Empty(Fleet.Current(Ref("m1"))!.Nodes);
        AddNode("n2");

        Assert.Equal(2, Place("m1", Fleet.Current(Ref("m1"))).Generation);
    }

    [Fact]
    public void Adopt_OlderGeneration_ChangesNothing()
    {
        AddNode("n1");
        PlaceWithRoom("m1");

        Fleet.Adopt(Ref("m1"), [new MeetingAssignment { SfuNode = "elsewhere", Namespace = "meet-a", Generation = 1, State = AssignmentState.Ready }]);

        Assert.Equal(Key("n1"), Fleet.Current(Ref("m1"))!.Origin!.Node);
    }

    [Fact]
    public void Adopt_GenerationOutOfRange_ChangesNothing()
    {
        AddNode("n1");
        PlaceWithRoom("m1");

        Fleet.Adopt(Ref("m1"), [new MeetingAssignment { SfuNode = "elsewhere", Namespace = "meet-a", Generation = ReportRules.MaxGeneration, State = AssignmentState.Ready }]);
        Assert.Equal((Key("n1"), 1L), (Fleet.Current(Ref("m1"))!.Origin!.Node, Fleet.Current(Ref("m1"))!.Generation));

        Fleet.Adopt(Ref("m1"), [new MeetingAssignment { SfuNode = "elsewhere", Namespace = "meet-a", Generation = ReportRules.MaxGeneration - 1, State = AssignmentState.Ready }]);
        Assert.Equal(Key("elsewhere"), Assert.Single(Fleet.Current(Ref("m1"))!.Nodes).Node);
    }

    [Fact]
    public void View_NodeWithoutMeetings_ReturnsDuration()
    {
        var target = AddNode("n1");
        PlaceWithRoom("m1");
        Report(target, ("m1", 2));
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.Zero, Fleet.View(Key("n1"))!.WithoutMeetingsFor);

        Fleet.Release(Ref("m1"));
        Time.Advance(TimeSpan.FromSeconds(7));

        Assert.Equal(TimeSpan.FromSeconds(7), Fleet.View(Key("n1"))!.WithoutMeetingsFor);
    }

    [Fact]
    public void Place_IdOfPlacedMeeting_ReturnsNullAndReleasesNothing()
    {
        AddNode("n1");
        PlaceWithRoom("m1");
        var other = new MeetingRef(new NamespacedName("meet-b", "m1"), "uid-other", "m1");

        Assert.Null(Fleet.Place(new MeetingDemand { MeetingId = "m1", Namespace = "meet-b" }, other));
        Fleet.Adopt(other, [new MeetingAssignment { SfuNode = "elsewhere", Namespace = "meet-b", Generation = 9, State = AssignmentState.Ready }]);
        Fleet.RecordRoomRejection(other, Key("n1"), 1, "full");
        Fleet.Release(other);

        Assert.Null(Fleet.Current(other));
        Assert.Equal(Ref("m1"), Fleet.HolderOf("m1"));
        Assert.Equal((Key("n1"), 1L, null), (Fleet.Current(Ref("m1"))!.Origin!.Node, Fleet.Current(Ref("m1"))!.Generation, Fleet.Current(Ref("m1"))!.Origin!.RoomRejection));
        Fleet.Release(Ref("m1"));
        Assert.NotNull(Fleet.Place(new MeetingDemand { MeetingId = "m1", Namespace = "meet-a" }, other));
    }

    [Fact]
    public void Observe_AnotherPod_ClearsReports()
    {
        AddNode("n1");

        Observe("n1", "another-pod", 200);

        Assert.Equal(SfuNodeState.Starting, Fleet.View(Key("n1"))!.Decision.State);
    }

    [Fact]
    public void Observe_ContainerRestarted_ServesAfterNextReport()
    {
        var target = AddNode("n1");
        PlaceWithRoom("m1");

        Observe("n1", "pod-n1", 200, new ContainerStatus { Name = "media-node", State = new ContainerState { Terminated = new ContainerStateTerminated { Reason = "Error" } } });
        Assert.Equal(SfuNodeState.Unhealthy, Fleet.View(Key("n1"))!.Decision.State);
        Observe("n1", "pod-n1", 200, new ContainerStatus { Name = "media-node", RestartCount = 1, State = new ContainerState { Running = new ContainerStateRunning() } });
        Assert.False(Fleet.View(Key("n1"))!.Decision.CanTakeMeetings);

        Report(target);
        Assert.True(Fleet.View(Key("n1"))!.Decision.CanTakeMeetings);
        Assert.Equal(NodeAssignmentState.Lost, Fleet.Current(Ref("m1"))!.Origin!.State);
    }

    [Fact]
    public void Observe_PodWithoutAddress_IsUnhealthy()
    {
        AddNode("n1");

        Fleet.Observe(new SfuNode { Metadata = new ObjectMeta { Name = "n1", Namespace = "meet-a" } }, null, new Pod { Metadata = new ObjectMeta { Uid = "pod-n1" } }, sharedNamespace: false, target: null);

        Assert.Equal(SfuNodeState.Unhealthy, Fleet.View(Key("n1"))!.Decision.State);
    }

    [Fact]
    public void Forget_NodeWithMeetings_WakesThem()
    {
        AddNode("n1");
        PlaceWithRoom("m1");

        Fleet.Forget(Key("n1"));

        Assert.Equal(["m1"], Woken);
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
        Woken.Clear();

        ReportRoom(targets[reports], "m1", generation, participants: 0);

        Assert.Equal((Key("n1"), expected), (Fleet.Current(Ref("m1"))!.Origin!.Node, Fleet.Current(Ref("m1"))!.Generation));
        Assert.Equal(expected == 1, Fleet.Current(Ref("m1"))!.Origin!.RoomExists);
        Assert.Contains("m1", Woken);
        ReportRoom(targets[reports], "m1", generation, participants: 0);
        Assert.Equal(expected, Fleet.Current(Ref("m1"))!.Generation);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(ReportRules.MaxGeneration)]
    public void RecordReport_NodeOfAnotherTenant_ChangesNothing(long generation)
    {
        AddNode("n1");
        PlaceWithRoom("m1");
        var stranger = AddNode("x1", @namespace: "meet-b");
        Woken.Clear();

        ReportRoom(stranger, "m1", generation, participants: 5);

        var current = Fleet.Current(Ref("m1"))!;
        Assert.Equal((Key("n1"), 1L, 0, true), (current.Origin!.Node, current.Generation, current.Participants, current.Origin.RoomExists));
        Assert.Empty(Woken);
    }

    [Fact]
    public void RecordReport_SharedNode_RaisesMeeting()
    {
        AddNode("n1");
        PlaceWithRoom("m1");

        ReportRoom(AddNode("s1", @namespace: "meet-system", shared: true), "m1", generation: 7, participants: 0);

        Assert.Equal(8, Fleet.Current(Ref("m1"))!.Generation);
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
        Fleet.RaiseGeneration(Ref("m1"), Key("n1"), generation);
        Assert.Equal(expected, Fleet.Current(Ref("m1"))!.Generation);

        Fleet.Release(Ref("m1"));
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

        Time.JumpWallClock(TimeSpan.FromSeconds(seconds));
        Assert.Single(Place("m1").Nodes);

        Time.Advance(TimeSpan.FromSeconds(5));
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

        Time.JumpWallClock(TimeSpan.FromHours(1));
        Assert.Equal("n1", Place("m1", Fleet.Current(Ref("m1"))).Nodes.Single().SfuNode);
        Time.Advance(TimeSpan.FromSeconds(60));
        Report(draining, ("m1", 2));
        Report(other);

        Assert.Equal("n2", Place("m1", Fleet.Current(Ref("m1"))).Nodes.Single().SfuNode);
    }

    [Fact]
    public void HaveNodesReported_UnresponsiveNode_IsNotWaitedFor()
    {
        var silent = Observe("n1", "pod-n1", 200);
        Assert.False(Fleet.HaveNodesReported("meet-a"));

        Miss(silent, polls: 3);

        Assert.True(Fleet.HaveNodesReported("meet-a"));
        AddNode("n2");
        Assert.True(Fleet.HaveNodesReported("meet-a"));
    }

    [Fact]
    public void HaveNodesReported_NodeOfAnotherTenant_IsNotWaitedFor()
    {
        Observe("x1", "pod-x1", 200, @namespace: "meet-b");
        Assert.True(Fleet.HaveNodesReported("meet-a"));
        Assert.False(Fleet.HaveNodesReported("meet-b"));

        Observe("s1", "pod-s1", 200, @namespace: "meet-system", shared: true);
        Assert.False(Fleet.HaveNodesReported("meet-a"));
    }

    /// <summary>The process that could have an earlier room has ended, however often its successor fails.</summary>
    [Fact]
    public void HaveNodesReported_EndedProcess_IsNotWaitedFor()
    {
        var dying = AddNode("n1");
        var dead = new ContainerStatus { Name = "media-node", State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = "CrashLoopBackOff" } } };

        Observe("n1", "pod-n1", 200, dead);
        Assert.True(Fleet.HaveNodesReported("meet-a"));
        Miss(dying, polls: 2);
        Assert.True(Fleet.HaveNodesReported("meet-a"));
        Observe("n1", "pod-n1", 200, new ContainerStatus { Name = "media-node", RestartCount = 1, State = new ContainerState { Running = new ContainerStateRunning() } });
        Assert.True(Fleet.HaveNodesReported("meet-a"));
    }
}
