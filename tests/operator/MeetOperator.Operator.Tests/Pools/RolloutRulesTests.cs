using MeetOperator.Contracts.SfuPools;
using MeetOperator.Operator.Kinds.SfuPools;

namespace MeetOperator.Operator.Tests.Pools;

public sealed class RolloutRulesTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 4, 9, 30, 0, TimeSpan.Zero);
    private static readonly RolloutFacts Facts = new() { Revision = "r1", Image = "image:1", Replicas = 2, Counted = 2, Outdated = 0 };

    [Theory]
    [InlineData("25%", 1, 1)]
    [InlineData("25%", 4, 1)]
    [InlineData("25%", 5, 2)]
    [InlineData("100%", 3, 3)]
    [InlineData("0%", 3, 1)]
    [InlineData("50%", 0, 1)]
    public void SurgeOf_Percentage_IsRoundedUp(string surge, int replicas, int expected) => Assert.Equal(expected, RolloutRules.SurgeOf(surge, replicas));

    [Fact]
    public void SurgeOf_Number_IsKept() => Assert.Equal(7, RolloutRules.SurgeOf(7, 2));

    [Fact]
    public void Advance_NewPool_IsCompleteWithoutHistory()
    {
        var state = Advance(null, Facts, 0);

        Assert.Equal((RolloutPhase.Complete, "r1", "image:1", null), (state.Phase, state.Revision, state.Image, state.StartedAt));
        Assert.Empty(state.History);
    }

    [Fact]
    public void Advance_TemplateChangedAndNodesReplaced_RecordsCompletion()
    {
        var state = Advance(Advance(null, Facts, 0), Facts with { Revision = "r2", Image = "image:2", Outdated = 2 }, 1);
        Assert.Equal((RolloutPhase.Progressing, Start.AddMinutes(1)), (state.Phase, state.StartedAt));
        Assert.Equal(state, Advance(state, Facts with { Revision = "r2", Image = "image:2", Outdated = 1 }, 2));

        state = Advance(state, Facts with { Revision = "r2", Image = "image:2" }, 3);

        Assert.Equal(RolloutPhase.Complete, state.Phase);
        var record = Assert.Single(state.History);
        Assert.Equal(("r2", "image:2", Start.AddMinutes(1), Start.AddMinutes(3), RolloutResult.Completed), (record.Revision, record.Image, record.StartedAt, record.FinishedAt, record.Result));
        Assert.Equal(state, Advance(state, Facts with { Revision = "r2", Image = "image:2" }, 4));
    }

    [Fact]
    public void Advance_TemplateChangedInTheMiddle_RecordsSupersededRollout()
    {
        var state = Advance(Advance(null, Facts, 0), Facts with { Revision = "r2", Outdated = 2 }, 1);

        state = Advance(state, Facts with { Revision = "r3", Outdated = 3 }, 2);

        Assert.Equal(("r3", RolloutPhase.Progressing, Start.AddMinutes(2)), (state.Revision, state.Phase, state.StartedAt));
        Assert.Equal(("r2", RolloutResult.Superseded), (Assert.Single(state.History).Revision, state.History[0].Result));
    }

    [Fact]
    public void Advance_TemplateChangedBackAtOnce_RecordsBoth()
    {
        var state = Advance(Advance(null, Facts, 0), Facts with { Revision = "r2", Outdated = 2 }, 1);

        state = Advance(state, Facts, 2);

        Assert.Equal(RolloutPhase.Complete, state.Phase);
        Assert.Equal([("r1", RolloutResult.Completed), ("r2", RolloutResult.Superseded)], state.History.Select(record => (record.Revision, record.Result!.Value)));
    }

    [Fact]
    public void Advance_NodesOfTheTemplateGetOutdated_StartsAgain()
    {
        var state = Advance(Advance(null, Facts, 0), Facts with { Outdated = 1 }, 5);

        Assert.Equal((RolloutPhase.Progressing, Start.AddMinutes(5)), (state.Phase, state.StartedAt));
    }

    [Fact]
    public void Advance_ManyRollouts_KeepsTen()
    {
        var state = Advance(null, Facts, 0);
        for (var number = 2; number < 30; number++)
        {
            state = Advance(state, Facts with { Revision = $"r{number}", Outdated = 2 }, number);
        }

        Assert.Equal(10, state.History.Count);
        Assert.Equal("r28", state.History[0].Revision);
    }

    [Fact]
    public void Advance_PausedWithExtraNode_RemembersIt()
    {
        var facts = Facts with { Revision = "r2", Outdated = 2, Counted = 3, MaxSurge = 1 };
        var state = Advance(Advance(null, Facts, 0), facts, 1);
        Assert.Equal(1, state.Surge);

        Assert.Equal(1, Advance(state, facts with { IsPaused = true }, 2).Surge);
        Assert.Equal(0, Advance(state with { Surge = 0 }, facts with { IsPaused = true }, 2).Surge);
        Assert.Equal(0, Advance(state, facts with { IsPaused = true, Counted = 2 }, 2).Surge);
    }

    [Fact]
    public void Advance_StatusOfLaterVersion_Continues() =>
        Assert.Equal(RolloutPhase.Complete, Advance(new SfuRolloutStatus { Revision = "r1", Phase = null }, Facts, 1).Phase);

    [Fact]
    public void Advance_ClockJumpsBack_KeepsStart()
    {
        var state = Advance(Advance(null, Facts, 60), Facts with { Revision = "r2", Outdated = 2 }, 61);

        Assert.Equal(state, Advance(state, Facts with { Revision = "r2", Outdated = 2 }, 1));
    }

    [Fact]
    public void Advance_WithCanary_TriesNewTemplateOnly()
    {
        var complete = Advance(null, Tried("r1"), 0);
        Assert.Equal("r1", complete.Stable!.Revision);

        var state = Advance(complete, Tried("r2") with { Outdated = 2 }, 1);
        Assert.Equal((RolloutPhase.Canary, "r1"), (state.Phase, state.Stable!.Revision));
        Assert.Equal(RolloutPhase.Canary, Advance(state, Tried("r2"), 2).Phase); // Without ports, the canary may be alone.
        Assert.Equal(RolloutPhase.Progressing, Advance(state, Tried("r1") with { Outdated = 1 }, 2).Phase); // The former template needs no trial.
        Assert.Equal(RolloutPhase.Progressing, Advance(complete, Tried("r1") with { Outdated = 2 }, 1).Phase);
        Assert.Equal(RolloutPhase.Progressing, Advance(state, Tried("r2") with { Outdated = 2, Canary = null }, 2).Phase);
    }

    [Fact]
    public void Advance_DefaultImageChangesDuringTrial_TriesNextOne()
    {
        var state = Advance(Advance(null, Tried("r1"), 0), Tried("r2") with { Outdated = 2 }, 1) with { Canary = new SfuCanaryStatus { Rounds = 119, FailedCalls = 1 } };

        state = Advance(state, Tried("r3") with { Outdated = 3 }, 2);

        Assert.Equal((RolloutPhase.Canary, "r1", null), (state.Phase, state.Stable!.Revision, state.Canary));
        Assert.Equal(("r2", RolloutResult.Superseded), (Assert.Single(state.History).Revision, state.History[0].Result));
    }

    [Fact]
    public void Advance_NoFormerTemplateKnown_RollsOutWithoutTrial() =>
        Assert.Equal(RolloutPhase.Progressing, Advance(null, Tried("r2") with { Outdated = 2 }, 1).Phase);

    [Fact]
    public void Conclude_Passed_GoesOn()
    {
        var state = RolloutRules.Conclude(Advance(Advance(null, Tried("r1"), 0), Tried("r2") with { Outdated = 2 }, 1), new SfuCanaryStatus { Rounds = 120 }, new CanaryVerdict(true, "good"), Start);

        Assert.Equal((RolloutPhase.Progressing, 0), (state.Phase, state.History.Count));
        Assert.Equal((RolloutPhase.Complete, "r2"), (Advance(state, Tried("r2"), 2).Phase, Advance(state, Tried("r2"), 2).Stable!.Revision));
    }

    [Fact]
    public void Conclude_Failed_KeepsFormerTemplateUntilTemplateChanges()
    {
        var state = Advance(Advance(null, Tried("r1"), 0), Tried("r2") with { Outdated = 2 }, 1);
        state = RolloutRules.Conclude(state, new SfuCanaryStatus(), new CanaryVerdict(false, "3 of 20 calls failed"), Start.AddMinutes(3));

        Assert.Equal((RolloutPhase.RolledBack, RolloutResult.RolledBack, "3 of 20 calls failed"), (state.Phase, state.History[0].Result, RolloutRules.ReasonOf(state)));
        Assert.Equal(state, Advance(state, Tried("r2") with { Outdated = 1 }, 4));
        Assert.Equal("r1", Advance(state, Tried("r2"), 4).Stable!.Revision);

        var next = Advance(state, Tried("r3") with { Outdated = 2 }, 5);
        Assert.Equal((RolloutPhase.Canary, 1), (next.Phase, next.History.Count));
        Assert.Equal(RolloutPhase.Progressing, Advance(state, Tried("r2") with { Outdated = 2, Canary = null }, 5).Phase);
    }

    [Fact]
    public void Conclude_LongReason_FitsTheStatus() =>
        Assert.Equal(1024, RolloutRules.Conclude(new SfuRolloutStatus(), null, new CanaryVerdict(false, new string('x', 5000)), Start).History[0].Reason!.Length);

    [Fact]
    public void Advance_TemplateTooLargeToStore_NextOneIsNotTried()
    {
        var state = Advance(Advance(null, Tried("r1"), 0), Tried("r1") with { Template = null }, 1);

        Assert.Null(state.Stable);
        Assert.Equal(RolloutPhase.Progressing, Advance(state, Tried("r2") with { Outdated = 2 }, 2).Phase);
    }

    [Fact]
    public void Advance_PausedDuringTrialOnTwoNodes_RemembersBoth()
    {
        var facts = Tried("r2") with { Canary = new SfuCanary { Nodes = 2 }, Outdated = 2, Counted = 4 };
        var state = Advance(Advance(null, Tried("r1"), 0), facts, 1);

        Assert.Equal((2, 2), (state.Surge, Advance(state, facts with { IsPaused = true }, 2).Surge));
    }

    private static RolloutFacts Tried(string revision) =>
        Facts with { Revision = revision, Canary = new SfuCanary(), Template = new SfuStableTemplate { Revision = revision, Image = $"image:{revision}" } };

    private static SfuRolloutStatus Advance(SfuRolloutStatus? stored, RolloutFacts facts, int minute) => RolloutRules.Advance(stored, facts, Start.AddMinutes(minute));
}
