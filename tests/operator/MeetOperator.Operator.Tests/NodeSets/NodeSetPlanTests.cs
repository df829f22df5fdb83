using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.NodeSets;

namespace MeetOperator.Operator.Tests.NodeSets;

public sealed class NodeSetPlanTests
{
    [Fact]
    public void Decide_TooFewNodes_CreatesMissingNodes() => Assert.Equal(2, Decide(3, [Node("a")]).Create);

    [Fact]
    public void Decide_RightNumber_DoesNothing() => Expect(Decide(2, [Node("a"), Node("b")]), create: 0, drain: []);

    [Fact]
    public void Decide_TooManyNodes_DrainsEmptiest() =>
        Expect(Decide(1, [Node("a", participants: 5), Node("b", participants: 1), Node("c", participants: 9)]), create: 0, drain: ["b", "a"]);

    [Fact]
    public void Decide_TooManyNodes_DrainsDeadThenStartingFirst()
    {
        PoolNode[] nodes = [Node("busy", participants: 1), Node("dead", SfuNodeState.Unhealthy, participants: 9), Node("new", SfuNodeState.Starting)];

        Expect(Decide(2, nodes), create: 0, drain: ["dead"]);
        Expect(Decide(1, nodes), create: 0, drain: ["dead", "new"]);
    }

    [Fact]
    public void Decide_LeavingNodes_DoNotCount() => Assert.Equal(1, Decide(2, [Node("a"), Node("b") with { IsLeaving = true }]).Create);

    [Fact]
    public void Decide_ScaledUpDuringDrain_BringsNodeBack()
    {
        var plan = Decide(3, [Node("a"), Node("b", SfuNodeState.Draining, participants: 3) with { IsLeaving = true, CanReturn = true }]);

        Assert.Equal(["b"], plan.BringBack);
        Assert.Equal(1, plan.Create);
    }

    [Fact]
    public void Decide_DeletedNode_IsNotBroughtBack() => Assert.Empty(Decide(2, [Node("a"), Node("b") with { IsLeaving = true }]).BringBack);

    [Fact]
    public void Decide_OutdatedNodes_AreReplacedOneAtATime()
    {
        PoolNode[] old = [Node("a", participants: 3) with { IsCurrent = false }, Node("b", participants: 1) with { IsCurrent = false }];

        Expect(Decide(2, old), create: 1, drain: []);
        Expect(Decide(2, [.. old, Node("c", SfuNodeState.Starting)]), create: 0, drain: []);
        Expect(Decide(2, [.. old, Node("c")]), create: 0, drain: ["b"]);
        Expect(Decide(2, [old[0], old[1] with { IsLeaving = true }, Node("c")]), create: 1, drain: []);
    }

    [Fact]
    public void Decide_UnrecoverableOutdatedNode_IsDrainedUnlessInUse()
    {
        var unrecoverable = Node("h", SfuNodeState.Starting) with { IsCurrent = false, IsUnrecoverable = true };

        Expect(Decide(2, [Node("a"), unrecoverable]), create: 0, drain: ["h"]);
        Expect(Decide(2, [Node("a"), unrecoverable with { IsCurrent = true }]), create: 0, drain: []);
        Expect(Decide(2, [Node("a"), unrecoverable with { Assigned = 1 }]), create: 0, drain: []);
        Expect(Decide(2, [Node("a"), unrecoverable with { IsUnrecoverable = false }]), create: 0, drain: []);
    }

    [Fact]
    public void Decide_OutdatedNodesAndScaledToZero_DrainsAll() =>
        Expect(Decide(0, [Node("a") with { IsCurrent = false }, Node("b") with { IsCurrent = false }]), create: 0, drain: ["a", "b"]);

    [Fact]
    public void Decide_WhenEmpty_CreatesOneNodeAndWaitsForMeetings()
    {
        PoolNode[] old = [Node("a", participants: 3) with { IsCurrent = false }, Node("b", participants: 1) with { IsCurrent = false }];

        Expect(Decide(2, old, WhenEmpty), create: 1, drain: []);
        Expect(Decide(2, [.. old, Node("c", SfuNodeState.Starting)], WhenEmpty), create: 0, drain: []);
        Expect(Decide(2, [.. old, Node("c")], WhenEmpty), create: 0, drain: []);
        Expect(Decide(2, [old[0] with { IsEmpty = true }, old[1], Node("c")], WhenEmpty), create: 0, drain: ["a"]);
        Expect(Decide(2, [old[0] with { IsLeaving = true }, old[1], Node("c")], WhenEmpty), create: 1, drain: []);
    }

    [Fact]
    public void Decide_WhenEmptyAndNewNodeDraining_BringsItBack()
    {
        var plan = Decide(1, [Node("a", participants: 3) with { IsCurrent = false }, Node("b", SfuNodeState.Draining, participants: 2) with { IsLeaving = true, CanReturn = true }], WhenEmpty);

        Assert.Equal(["b"], plan.BringBack);
        Expect(plan, create: 0, drain: []);
    }

    [Fact]
    public void Decide_WhenEmptyAndScaledDown_DrainsExcess() =>
        Expect(Decide(1, [Node("a", participants: 3) with { IsCurrent = false }, Node("b", participants: 1) with { IsCurrent = false }, Node("c")], WhenEmpty), create: 0, drain: ["b"]);

    [Fact]
    public void Decide_NoSparePorts_DrainsOutdatedNodeFirst()
    {
        PoolNode[] old = [Node("a", participants: 3) with { IsCurrent = false }, Node("b") with { IsCurrent = false, IsEmpty = true }];

        Expect(NodeSetPlan.Decide(2, old, WhenEmpty, spare: false), create: 0, drain: ["b"]);
        Expect(NodeSetPlan.Decide(2, [old[0], old[0] with { Name = "c" }], WhenEmpty, spare: false), create: 0, drain: []);
        Expect(NodeSetPlan.Decide(2, [old[0], old[0] with { Name = "c" }], Immediate, spare: false), create: 0, drain: ["a"]);
    }

    [Fact]
    public void Decide_Paused_OnlyScales()
    {
        var paused = new NodeSetRollout(IsPaused: true, WhenEmpty: false);
        PoolNode[] old = [Node("a") with { IsCurrent = false, IsEmpty = true }, Node("b", SfuNodeState.Starting) with { IsCurrent = false, IsEmpty = true, IsUnrecoverable = true }];

        Expect(Decide(2, old, paused), create: 0, drain: []);
        Expect(Decide(3, old, paused), create: 1, drain: []);
        Expect(Decide(1, old, paused), create: 0, drain: ["b"]);
    }

    private static readonly NodeSetRollout Immediate = new(IsPaused: false, WhenEmpty: false);
    private static readonly NodeSetRollout WhenEmpty = new(IsPaused: false, WhenEmpty: true);

    private static NodeSetPlan Decide(int replicas, IReadOnlyList<NodeSetMember> nodes, NodeSetRollout? rollout = null) => NodeSetPlan.Decide(replicas, nodes, rollout ?? Immediate);

    [Fact]
    public void Decide_NodeOutOfService_IsReplacedThenDrained()
    {
        var away = Node("away", SfuNodeState.Unhealthy) with { IsOutOfService = true };

        Expect(Decide(2, [Node("a"), away]), create: 1, drain: []);
        Expect(Decide(2, [Node("a"), away, Node("new", SfuNodeState.Starting)]), create: 0, drain: []);
        Expect(Decide(2, [Node("a"), away, Node("new")]), create: 0, drain: ["away"]);
        Expect(Decide(2, [Node("a"), away with { IsDead = true }]), create: 0, drain: ["away"]);
    }

    /// <summary>Its users may be connected, and it may answer again.</summary>
    [Fact]
    public void Decide_NodeUnreachable_IsReplacedAndStays()
    {
        Expect(Decide(2, [Node("a"), Away]), create: 1, drain: []);
        Expect(Decide(2, [Node("a"), Away, StandIn(SfuNodeState.Starting)]), create: 0, drain: []);
        Expect(Decide(2, [Node("a"), Away, StandIn()]), create: 0, drain: []);
    }

    [Fact]
    public void Decide_NodeUnreachableForTooLong_IsDrainedOnceItsReplacementIsReady()
    {
        var givenUp = Away with { IsAwaited = false };

        Expect(Decide(2, [Node("a"), givenUp, StandIn(SfuNodeState.Starting)]), create: 0, drain: []);
        var plan = Decide(2, [Node("a"), givenUp, StandIn()]);
        Expect(plan, create: 0, drain: ["away"]);
        Assert.Equal(DrainCause.GivenUp, plan.Cause);
        Expect(Decide(2, [Node("a"), givenUp with { IsUnreachable = false, IsDead = true }, StandIn()]), create: 0, drain: ["away"]);
    }

    /// <summary>For example, the cluster has no ports for another node.</summary>
    [Fact]
    public void Decide_NodeGivenUpWithoutReplacement_IsDrainedOnceOthersCanTakeItsWork()
    {
        var givenUp = Away with { IsAwaited = false };

        Expect(Decide(2, [Node("a"), givenUp]), create: 1, drain: []);
        var plan = Decide(2, [Node("a"), givenUp with { HasPlacesElsewhere = true }]);
        Expect(plan, create: 0, drain: ["away"]);
        Assert.Equal(DrainCause.GivenUp, plan.Cause);
        Expect(Decide(2, [Node("a"), Away with { HasPlacesElsewhere = true }]), create: 1, drain: []);
        Expect(Decide(2, [Node("a"), givenUp with { IsLeaving = true, HasPlacesElsewhere = true }]), create: 1, drain: []);
    }

    [Fact]
    public void Decide_NodeUnreachableAndScaledDown_IsDrained()
    {
        Expect(Decide(0, [Away]), create: 0, drain: ["away"]);
        Expect(Decide(1, [Node("a"), Away]), create: 0, drain: []);
        Expect(Decide(1, [Node("a"), Away, Away with { Name = "gone", Users = 3 }]), create: 0, drain: ["away"]);
    }

    [Fact]
    public void Decide_UnreachableNodeServesAgain_OneLeavesWhenItIsEmpty()
    {
        var (busy, back) = (Node("a", participants: 3), Node("away", participants: 5));

        var plan = Decide(2, [busy, back, StandIn(participants: 1)]);
        Expect(plan, create: 0, drain: []);
        Assert.Equal(["new"], plan.Surplus);
        Expect(Decide(2, [busy, back, StandIn(SfuNodeState.Starting) with { IsEmpty = true }]), create: 0, drain: ["new"]);
        Expect(Decide(2, [busy, back with { IsEmpty = true, Users = 0 }, StandIn(participants: 1)]), create: 0, drain: ["away"]);
        Expect(Decide(2, [busy, back with { IsEmpty = true, Users = 0 }, StandIn() with { IsEmpty = true }]), create: 0, drain: ["new"]);
    }

    [Fact]
    public void Decide_BusyStandInAndOutdatedNodes_ReplacesThemAllTheSame()
    {
        PoolNode[] old = [Node("a", participants: 3) with { IsCurrent = false }, Node("away", participants: 5) with { IsCurrent = false }, StandIn(participants: 1) with { IsCurrent = false }];

        Expect(Decide(2, old, Immediate), create: 0, drain: ["new"]);
        Expect(Decide(2, [old[0], old[1] with { IsCurrent = true }, old[2] with { IsCurrent = true }], Immediate), create: 0, drain: ["a"]);
        Expect(Decide(2, old, WhenEmpty), create: 0, drain: []);
        Expect(Decide(2, [old[0], old[1] with { IsEmpty = true, Users = 0 }, old[2]], WhenEmpty), create: 0, drain: ["away"]);
    }

    [Fact]
    public void Decide_StandInAndScaledDown_DrainsOnlyWhatIsTooManyBesideIt()
    {
        var (busy, back) = (Node("a", participants: 3), Node("away", participants: 5));

        Expect(Decide(1, [busy, back, StandIn(participants: 1)]), create: 0, drain: ["new"]);
        Expect(Decide(1, [busy, StandIn(participants: 1)]), create: 0, drain: ["new"]); // The node that it stands in for is gone.
        Expect(Decide(3, [busy, back, StandIn(participants: 1)]), create: 0, drain: []);
        Assert.Empty(Decide(3, [busy, back, StandIn(participants: 1)]).Surplus);
    }

    private static readonly PoolNode Away = Node("away", SfuNodeState.Unhealthy) with { IsOutOfService = true, IsUnreachable = true, IsAwaited = true };

    private static PoolNode StandIn(SfuNodeState state = SfuNodeState.Ready, int participants = 0) => Node("new", state, participants) with { StandsInFor = "away" };

    private static void Expect(NodeSetPlan plan, int create, string[] drain)
    {
        Assert.Equal(create, plan.Create);
        Assert.Equal(drain, plan.Drain);
    }

    private static PoolNode Node(string name, SfuNodeState state = SfuNodeState.Ready, int participants = 0) => new() { Name = name, State = state, IsCurrent = true, Users = participants };
}
