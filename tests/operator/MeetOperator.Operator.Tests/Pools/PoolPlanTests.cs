using MeetOperator.Contracts;
using MeetOperator.Operator.Pools;

namespace MeetOperator.Operator.Tests.Pools;

public sealed class PoolPlanTests
{
    [Fact]
    public void Decide_TooFewNodes_MakesTheRest() => Assert.Equal(2, PoolPlan.Decide(3, [Node("a")]).Create);

    [Fact]
    public void Decide_RightNumber_DoesNothing() => Expect(PoolPlan.Decide(2, [Node("a"), Node("b")]), create: 0, drain: []);

    [Fact]
    public void Decide_TooManyNodes_DrainsTheEmptiest() =>
        Expect(PoolPlan.Decide(1, [Node("a", people: 5), Node("b", people: 1), Node("c", people: 9)]), create: 0, drain: ["b", "a"]);

    [Fact]
    public void Decide_TooManyNodes_PrefersDeadThenStartingOnes()
    {
        PoolNode[] nodes = [Node("busy", people: 1), Node("dead", SfuNodeState.Unhealthy, people: 9), Node("new", SfuNodeState.Starting)];

        Expect(PoolPlan.Decide(2, nodes), create: 0, drain: ["dead"]);
        Expect(PoolPlan.Decide(1, nodes), create: 0, drain: ["dead", "new"]);
    }

    [Fact]
    public void Decide_LeavingNodes_DoNotCount() => Assert.Equal(1, PoolPlan.Decide(2, [Node("a"), Node("b") with { Leaving = true }]).Create);

    [Fact]
    public void Decide_ScaledUpDuringADrain_TakesTheNodeBack()
    {
        var plan = PoolPlan.Decide(3, [Node("a"), Node("b", SfuNodeState.Draining, people: 3) with { Leaving = true, MayReturn = true }]);

        Assert.Equal(["b"], plan.TakeBack);
        Assert.Equal(1, plan.Create);
    }

    [Fact]
    public void Decide_DeletedNode_IsNotTakenBack() => Assert.Empty(PoolPlan.Decide(2, [Node("a"), Node("b") with { Leaving = true }]).TakeBack);

    [Fact]
    public void Decide_OutdatedNodes_AreReplacedOneAtATime()
    {
        PoolNode[] old = [Node("a", people: 3) with { Current = false }, Node("b", people: 1) with { Current = false }];

        Expect(PoolPlan.Decide(2, old), create: 1, drain: []);
        Expect(PoolPlan.Decide(2, [.. old, Node("c", SfuNodeState.Starting)]), create: 0, drain: []);
        Expect(PoolPlan.Decide(2, [.. old, Node("c")]), create: 0, drain: ["b"]);
        Expect(PoolPlan.Decide(2, [old[0], old[1] with { Leaving = true }, Node("c")]), create: 1, drain: []);
    }

    [Fact]
    public void Decide_OutdatedNodeThatCannotServe_IsNotWaitedForUnlessItCarriesMeetings()
    {
        var hopeless = Node("h", SfuNodeState.Starting) with { Current = false, Hopeless = true };

        Expect(PoolPlan.Decide(2, [Node("a"), hopeless]), create: 0, drain: ["h"]);
        Expect(PoolPlan.Decide(2, [Node("a"), hopeless with { Current = true }]), create: 0, drain: []);
        Expect(PoolPlan.Decide(2, [Node("a"), hopeless with { Meetings = 1 }]), create: 0, drain: []);
        Expect(PoolPlan.Decide(2, [Node("a"), hopeless with { Hopeless = false }]), create: 0, drain: []);
    }

    [Fact]
    public void Decide_OutdatedNodesAndScaledToZero_DrainsAll() =>
        Expect(PoolPlan.Decide(0, [Node("a") with { Current = false }, Node("b") with { Current = false }]), create: 0, drain: ["a", "b"]);

    private static void Expect(PoolPlan plan, int create, string[] drain)
    {
        Assert.Equal(create, plan.Create);
        Assert.Equal(drain, plan.Drain);
    }

    private static PoolNode Node(string name, SfuNodeState state = SfuNodeState.Ready, int people = 0) => new() { Name = name, State = state, Current = true, Participants = people };
}
