using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class NodeStateRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Derive_NoPodYet_IsStarting() => Expect(SfuNodeState.Starting, "being created", Facts() with { Pod = null, LastSeen = null });

    [Fact]
    public void Derive_PodUnschedulable_ReportsReason()
    {
        var pod = Pod("Pending");
        pod.Status!.Conditions = [new PodCondition { Type = "PodScheduled", Status = "False", Message = "0/3 nodes have free ports" }];

        Expect(SfuNodeState.Starting, "0/3 nodes have free ports", Facts() with { Pod = pod, LastSeen = null });
    }

    [Fact]
    public void Derive_ImageCannotBePulled_ReportsReason()
    {
        var pod = Pod("Pending");
        pod.Status!.ContainerStatuses = [new ContainerStatus { State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = "ImagePullBackOff", Message = "no such image" } } }];

        Expect(SfuNodeState.Starting, "ImagePullBackOff: no such image", Facts() with { Pod = pod, LastSeen = null });
    }

    [Fact]
    public void Derive_RespondingAndEmpty_IsReady() => Expect(SfuNodeState.Ready, "accepts new meetings", Facts());

    [Fact]
    public void Derive_WithMeetings_IsAllocated() => Expect(SfuNodeState.Allocated, "accepts new meetings", Facts() with { Meetings = 3 });

    [Fact]
    public void Derive_CertificatesRejected_IsUnhealthy()
    {
        Expect(SfuNodeState.Unhealthy, "do not accept each other", Facts() with { MissedPolls = 3, IsUntrusted = true, MissReason = "401" });
        Expect(SfuNodeState.Unhealthy, "do not accept each other", Facts() with { MissedPolls = 3, IsUntrusted = true, MissReason = "401", LastSeen = null, Node = new SfuNode() });
        Expect(SfuNodeState.Ready, "accepts new meetings", Facts() with { MissedPolls = 2, IsUntrusted = true, MissReason = "401" });
    }

    [Fact]
    public void Derive_TwoMissedPolls_IsReady() => Expect(SfuNodeState.Ready, "accepts new meetings", Facts() with { MissedPolls = 2 });

    [Fact]
    public void Derive_ThreeMissedPolls_IsUnhealthy() => Expect(SfuNodeState.Unhealthy, "does not respond to the operator (refused)", Facts() with { MissedPolls = 3, MissReason = "refused" });

    [Fact]
    public void Derive_PodDeletedAfterServing_IsUnhealthy() => Expect(SfuNodeState.Unhealthy, "the Pod no longer exists", Facts() with { Pod = null });

    [Fact]
    public void Derive_PodFailed_IsUnhealthy() => Expect(SfuNodeState.Unhealthy, "has ended", Facts() with { Pod = Pod("Failed") });

    [Fact]
    public void Derive_ContainerStopped_IsUnhealthyWithoutMissedPolls()
    {
        var pod = Pod("Running");
        pod.Status!.ContainerStatuses = [new ContainerStatus { Name = "media-node", State = new ContainerState { Terminated = new ContainerStateTerminated { Reason = "OOMKilled" } } }];

        Expect(SfuNodeState.Unhealthy, "OOMKilled", Facts() with { Pod = pod });
    }

    [Fact]
    public void Derive_SidecarStopped_IsReady()
    {
        var pod = Pod("Running");
        pod.Status!.ContainerStatuses = [new ContainerStatus { Name = "sidecar", State = new ContainerState { Terminated = new ContainerStateTerminated { Reason = "Completed" } } }];

        Expect(SfuNodeState.Ready, "accepts new meetings", Facts() with { Pod = pod });
    }

    [Fact]
    public void Derive_DrainRequested_IsDraining() =>
        Expect(SfuNodeState.Draining, "meetings remaining: 2", Facts() with { Meetings = 2, Node = Node(new SfuNodeSpec { DrainRequestedAt = Now }) });

    [Fact]
    public void Derive_NodeReportsDraining_IsDraining() => Expect(SfuNodeState.Draining, "reports that it is draining", Facts() with { ReportsDraining = true });

    [Fact]
    public void Derive_Cordoned_ReportsHowToUncordon() => Expect(SfuNodeState.Ready, "spec.unschedulable", Facts() with { Node = Node(new SfuNodeSpec { Unschedulable = true }) });

    [Fact]
    public void Derive_ServedEarlierAndUnresponsive_IsUnhealthy()
    {
        var node = Node(new SfuNodeSpec());
        node.Status = new SfuNodeStatus { State = SfuNodeState.Allocated };

        Expect(SfuNodeState.Ready, "accepts new meetings", Facts() with { Node = node, LastSeen = null, MissedPolls = 2, MissReason = "refused" });
        Expect(SfuNodeState.Starting, "does not respond yet", Facts() with { Node = Node(new SfuNodeSpec()), LastSeen = null, MissedPolls = 2, MissReason = "refused" });
        Expect(SfuNodeState.Unhealthy, "does not respond to the operator", Facts() with { Node = node, LastSeen = null, MissedPolls = 3, MissReason = "refused" });
        Expect(SfuNodeState.Unhealthy, "the Pod no longer exists", Facts() with { Node = node, LastSeen = null, Pod = null });
    }

    /// <summary>No participant can be connected, so a Pod with invalid credentials is recreated.</summary>
    [Fact]
    public void HasServed_UnhealthyFromStart_ReturnsFalse()
    {
        Assert.False(NodeStateRules.HasServed(new SfuNode { Status = new SfuNodeStatus { State = SfuNodeState.Unhealthy } }));
        Assert.True(NodeStateRules.HasServed(new SfuNode { Status = new SfuNodeStatus { State = SfuNodeState.Unhealthy, LastSeen = Now } }));
    }

    [Fact]
    public void DrainDeadline_WithPool_UsesPoolDeadline()
    {
        var pool = new SfuPool { Spec = new SfuPoolSpec { Drain = new SfuDrain { Policy = DrainPolicy.Wait, DeadlineSeconds = 60 } } };

        Assert.Null(NodeStateRules.DrainDeadline(Node(new SfuNodeSpec()), pool));
        Assert.Equal(Now.AddSeconds(60), NodeStateRules.DrainDeadline(Node(new SfuNodeSpec { DrainRequestedAt = Now }), pool));
    }

    [Theory]
    [InlineData(DrainPolicy.Migrate, 0)]
    [InlineData(DrainPolicy.WaitThenMigrate, 90)]
    [InlineData(DrainPolicy.Wait, 600)]
    public void DrainDeadline_Policy_SaysHowLongMeetingsMayContinue(DrainPolicy policy, int expected)
    {
        var pool = new SfuPool { Spec = new SfuPoolSpec { Drain = new SfuDrain { Policy = policy, SoftSeconds = 90, DeadlineSeconds = 600 } } };
        var node = Node(new SfuNodeSpec { DrainRequestedAt = Now });

        Assert.Equal(Now.AddSeconds(expected), NodeStateRules.DrainDeadline(node, pool));
        node.Spec = node.Spec with { Drain = new SfuNodeDrain { Force = true } };
        Assert.Equal(Now, NodeStateRules.DrainDeadline(node, pool));
        node.Spec = node.Spec with { Drain = new SfuNodeDrain { DeadlineSeconds = 5 } };
        Assert.Equal(Now.AddSeconds(5), NodeStateRules.DrainDeadline(node, pool));
    }

    /// <summary>Its people may still talk, and would notice a move without a link. The operator may only be cut off from it.</summary>
    [Theory]
    [InlineData(SfuNodeState.Unhealthy, null, 600)]
    [InlineData(SfuNodeState.Unhealthy, 0, 0)]
    [InlineData(SfuNodeState.Draining, null, 0)]
    public void DrainDeadline_MigrateAndNodeDoesNotAnswer_IsThatOfThePool(SfuNodeState state, int? own, int expected)
    {
        var pool = new SfuPool { Spec = new SfuPoolSpec { Drain = new SfuDrain { DeadlineSeconds = 600 } } };
        var node = Node(new SfuNodeSpec { Drain = new SfuNodeDrain { DeadlineSeconds = own } });
        node.Status = new SfuNodeStatus { State = state, DrainRequestedAt = Now };

        Assert.Equal(Now.AddSeconds(expected), NodeStateRules.DrainDeadline(node, pool));
    }

    [Theory]
    [InlineData(1, true, "the media node is draining: it waits until 12:10:00 UTC for 1 meeting to end, then they move")]
    [InlineData(3, true, "the media node is draining: it waits until 12:10:00 UTC for 3 meetings to end, then they move")]
    [InlineData(3, false, "the media node is draining; meetings remaining: 3")]
    [InlineData(0, true, "the media node is draining; meetings remaining: 0")]
    public void Derive_DrainThatWaits_SaysUntilWhen(int meetings, bool waits, string message)
    {
        var facts = Facts() with { Node = Node(new SfuNodeSpec { Drain = new SfuNodeDrain() }), Meetings = meetings, WaitsUntil = waits ? new DateTimeOffset(2026, 1, 1, 13, 10, 0, TimeSpan.FromHours(1)) : null };

        Assert.Equal((SfuNodeState.Draining, message), (NodeStateRules.Derive(facts).State, NodeStateRules.Derive(facts).Message));
    }

    [Fact]
    public void DrainDeadline_WithoutPool_IsImmediate() => Assert.Equal(Now, NodeStateRules.DrainDeadline(Node(new SfuNodeSpec { DrainRequestedAt = Now }), null));

    [Fact]
    public void DrainDeadline_OwnSeconds_CountFromStatusTime()
    {
        var pool = new SfuPool { Spec = new SfuPoolSpec { Drain = new SfuDrain { Policy = DrainPolicy.Wait, DeadlineSeconds = 60 } } };
        var node = Node(new SfuNodeSpec { Drain = new SfuNodeDrain() });

        Assert.Null(NodeStateRules.DrainDeadline(node, pool));
        node.Status = new SfuNodeStatus { DrainRequestedAt = Now };
        Assert.Equal(Now.AddSeconds(60), NodeStateRules.DrainDeadline(node, pool));
        node.Spec = node.Spec with { Drain = new SfuNodeDrain { DeadlineSeconds = 5 } };
        Assert.Equal(Now.AddSeconds(5), NodeStateRules.DrainDeadline(node, pool));
        node.Spec = node.Spec with { Drain = new SfuNodeDrain { DeadlineSeconds = 5, Force = true } };
        Assert.Equal((false, true), (NodeStateRules.IsForcedDrainDue(node, pool, Now.AddSeconds(4)), NodeStateRules.IsForcedDrainDue(node, pool, Now.AddSeconds(5))));
        node.Spec = node.Spec with { Drain = new SfuNodeDrain { Force = true } };
        Assert.True(NodeStateRules.IsForcedDrainDue(node, pool, Now));
    }

    [Fact]
    public void Derive_PodTerminatingButServing_IsDraining()
    {
        var pod = Pod("Running");
        pod.Metadata.DeletionTimestamp = Now;

        Expect(SfuNodeState.Draining, "being deleted", Facts() with { Pod = pod });
        Expect(SfuNodeState.Unhealthy, "does not respond to the operator", Facts() with { Pod = pod, MissedPolls = 3, MissReason = "refused" });
    }

    [Fact]
    public void Derive_ClusterNodeCordoned_AcceptsNoNewMeetings()
    {
        var decision = NodeStateRules.Derive(Facts() with { Meetings = 1, ClusterNode = new ClusterNode("m1", IsMissing: false, IsReady: true, IsCordoned: true) });

        Assert.Equal((SfuNodeState.Allocated, true), (decision.State, decision.IsCordoned));
        Assert.Contains("kubectl uncordon m1", decision.Message, StringComparison.Ordinal);
    }

    private static void Expect(SfuNodeState state, string message, NodeFacts facts)
    {
        var decision = NodeStateRules.Derive(facts);

        Assert.Equal(state, decision.State);
        Assert.Contains(message, decision.Message, StringComparison.Ordinal);
    }

    private static NodeFacts Facts() => new() { Node = Node(new SfuNodeSpec()), Pod = Pod("Running"), LastSeen = Now };

    private static SfuNode Node(SfuNodeSpec spec) => new() { Metadata = new ObjectMeta { Name = "p-aaaaa", Namespace = "meet-a" }, Spec = spec };

    private static Pod Pod(string phase) => new() { Status = new PodStatus { Phase = phase } };
}
