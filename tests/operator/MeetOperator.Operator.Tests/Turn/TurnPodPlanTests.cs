using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.TurnPools;

namespace MeetOperator.Operator.Tests.Turn;

public sealed class TurnPodPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    private static Relay Relay(string name, int allocations = 0) =>
        new() { Name = name, IsCurrent = true, IsReady = true, HasAnswered = true, Allocations = allocations, Urls = ["turn:192.0.2.1:3478"] };

    private static TurnPodPlan Decide(int replicas, params Relay[] relays) => TurnPodPlan.Decide(replicas, relays, Deadline, Now);

    private static void AssertPlan(TurnPodPlan plan, int create = 0, string[]? drain = null, string[]? delete = null)
    {
        Assert.Equal(create, plan.Create);
        Assert.Equal(drain ?? [], plan.Drain);
        Assert.Equal(delete ?? [], plan.Delete);
    }

    [Fact]
    public void Decide_NoRelays_CreatesAll() => AssertPlan(Decide(3), create: 3);

    [Fact]
    public void Decide_EnoughRelays_DoesNothing() => AssertPlan(Decide(2, Relay("a"), Relay("b") with { IsReady = false, Problem = "starting" }));

    [Fact]
    public void Decide_TooMany_DrainsThoseWithFewestAllocations() => AssertPlan(Decide(1, Relay("a", 5), Relay("b", 1), Relay("c", 3)), drain: ["b", "c"]);

    [Fact]
    public void Decide_Outdated_DrainsOneAtATime()
    {
        var (a, b) = (Relay("a") with { IsCurrent = false }, Relay("b") with { IsCurrent = false });
        AssertPlan(Decide(2, a, b), drain: ["a"]);
        AssertPlan(Decide(2, a with { DrainSince = Now }, b), create: 1);
        AssertPlan(Decide(2, a with { DrainSince = Now }, b, Relay("c")), drain: []);
        AssertPlan(Decide(2, b, Relay("c") with { IsReady = false }), drain: []);
        AssertPlan(Decide(2, b, Relay("c")), drain: ["b"]);
    }

    [Fact]
    public void Decide_OutdatedThatDoesNotWork_IsReplacedAtOnce() => AssertPlan(Decide(1, Relay("a") with { IsCurrent = false, IsReady = false }), drain: ["a"]);

    /// <summary>A new leader, or one that is cut off for a moment, knows less about the relays than the people who use them.</summary>
    [Fact]
    public void Decide_OutdatedOutOfReach_IsDrainedOnlyAfterAWhileAndOneAtATime()
    {
        var (a, b) = (Relay("a") with { IsCurrent = false, IsReady = false, HasAnswered = false, MayRecover = true }, Relay("b") with { IsCurrent = false, IsReady = false, HasAnswered = false, MayRecover = true });
        AssertPlan(Decide(2, a, b));
        AssertPlan(Decide(2, a with { MayRecover = false }, b), drain: ["a"]);
        AssertPlan(Decide(2, a with { MayRecover = false, DrainSince = Now }, b with { MayRecover = false }), create: 1);
        var broken = new NodeFailure("ImagePullFailed", "no such image");
        AssertPlan(Decide(2, a with { MayRecover = false, DrainSince = Now }, b with { MayRecover = false, Failure = broken }), create: 1, drain: ["b"]);
    }

    [Fact]
    public void Decide_DrainingWithAllocations_StaysUntilDeadline()
    {
        AssertPlan(Decide(0, Relay("a", 1) with { DrainSince = Now - TimeSpan.FromMinutes(9) }));
        AssertPlan(Decide(0, Relay("a", 1) with { DrainSince = Now - Deadline }), delete: ["a"]);
    }

    /// <summary>Participants who got a credential a moment ago must not find a relay that is gone.</summary>
    [Fact]
    public void Decide_DrainingWithoutAllocations_StaysForAMoment()
    {
        AssertPlan(Decide(0, Relay("a") with { DrainSince = Now - TimeSpan.FromSeconds(14) }));
        AssertPlan(Decide(0, Relay("a") with { DrainSince = Now - TimeSpan.FromSeconds(15) }), delete: ["a"]);
    }

    [Fact]
    public void Decide_DrainingThatDoesNotAnswer_StaysUntilDeadline() => AssertPlan(Decide(0, Relay("a") with { DrainSince = Now - TimeSpan.FromMinutes(1), HasAnswered = false, IsReady = false }));

    [Fact]
    public void Decide_Failed_IsDeletedAndReplaced() => AssertPlan(Decide(1, Relay("a") with { HasFailed = true, IsReady = false }), create: 1, delete: ["a"]);

    [Fact]
    public void Decide_Deleted_IsReplaced() => AssertPlan(Decide(1, Relay("a") with { IsDeleted = true }), create: 1);
}
