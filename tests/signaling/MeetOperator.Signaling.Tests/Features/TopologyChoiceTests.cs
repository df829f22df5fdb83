using MeetOperator.Contracts.Meetings;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Features.Topologies;

namespace MeetOperator.Signaling.Tests.Features;

public sealed class TopologyChoiceTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly MeetingTopology Sfu = new() { Version = 4, Generation = 2, FreeSince = At(0) };
    private static readonly MeetingTopology Direct = new() { Version = 5, Generation = 3, IsDirect = true, ChangedAt = At(0), FreeSince = At(-60) };

    [Theory]
    [InlineData(MeetingMode.Auto, 2, true, 30, true)]
    [InlineData(MeetingMode.Auto, 2, true, 29, false)]
    [InlineData(MeetingMode.Auto, 1, true, 30, false)] // nobody to talk to
    [InlineData(MeetingMode.Auto, 3, true, 30, false)]
    [InlineData(MeetingMode.Auto, 2, false, 30, false)] // a WHIP client, or a page of an earlier version
    [InlineData(MeetingMode.Sfu, 2, true, 30, false)]
    public void Decide_ThroughSfu_BecomesDirectWhenNobodyNeedsIt(MeetingMode mode, int participants, bool canAll, int seconds, bool direct)
    {
        var next = TopologyChoice.Decide(Sfu, Input(mode, participants, canAll), Start.AddSeconds(seconds));

        Assert.Equal((direct, direct ? 3 : 2), (next.IsDirect, next.Generation));
    }

    [Theory]
    [InlineData(MeetingMode.Auto, 2, true, true)]
    [InlineData(MeetingMode.Auto, 1, true, true)] // the other one comes back
    [InlineData(MeetingMode.Auto, 3, true, false)]
    [InlineData(MeetingMode.Auto, 2, false, false)]
    [InlineData(MeetingMode.Sfu, 2, true, false)]
    public void Decide_Direct_EndsAtOnceWhenSomebodyNeedsTheSfu(MeetingMode mode, int participants, bool canAll, bool direct)
    {
        var next = TopologyChoice.Decide(Direct, Input(mode, participants, canAll), Start.AddSeconds(1));

        Assert.Equal((direct, direct ? 3 : 4), (next.IsDirect, next.Generation));
        Assert.Equal(direct, ReferenceEquals(next, Direct));
    }

    [Fact]
    public void Decide_ThirdParticipantLeaves_WaitsAgain()
    {
        var needed = TopologyChoice.Decide(Direct, Input(participants: 3), Start);
        var free = TopologyChoice.Decide(needed, Input(), Start.AddSeconds(100));

        Assert.False(TopologyChoice.Decide(free, Input(), Start.AddSeconds(129)).IsDirect);
        Assert.True(TopologyChoice.Decide(free, Input(), Start.AddSeconds(130)).IsDirect);
    }

    /// <summary>Most meetings of two are meetings of three a moment later, also when the first one has waited for long.</summary>
    [Fact]
    public void Decide_OneWaitedAlone_WaitsAgainWithTheSecond()
    {
        var alone = TopologyChoice.Decide(MeetingTopology.Initial, Input(participants: 1), Start);
        alone = TopologyChoice.Decide(alone, Input(participants: 1), Start.AddSeconds(100));
        var two = TopologyChoice.Decide(alone, Input(), Start.AddSeconds(100));

        Assert.False(two.IsDirect);
        Assert.False(TopologyChoice.Decide(two, Input(), Start.AddSeconds(129)).IsDirect);
        Assert.True(TopologyChoice.Decide(two, Input(), Start.AddSeconds(130)).IsDirect);
    }

    [Fact]
    public void Decide_EverybodyLeft_NextOnesStartThroughTheSfu() =>
        Assert.False(TopologyChoice.Decide(Direct, Input(participants: 0), Start).IsDirect);

    [Fact]
    public void Decide_FourAllowed_FifthNeedsTheSfu()
    {
        Assert.True(TopologyChoice.Decide(Direct, Input(participants: 4) with { MaxDirectParticipants = 4 }, Start).IsDirect);
        Assert.False(TopologyChoice.Decide(Direct, Input(participants: 5) with { MaxDirectParticipants = 4 }, Start).IsDirect);
    }

    /// <summary>A participant that reports failures all the time causes fewer and fewer switches.</summary>
    [Fact]
    public void Decide_RepeatedFailures_BackOffUpToAnHour()
    {
        var (state, now) = (Direct, Start);
        var waits = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            state = TopologyChoice.Decide(state, Input() with { FailedGeneration = state.Generation }, now);
            Assert.False(state.IsDirect);
            var failedAt = now;
            for (; !state.IsDirect; now = now.AddSeconds(10))
            {
                state = TopologyChoice.Decide(state, Input() with { FailedGeneration = state.Generation }, now);
            }

            waits.Add(Math.Round((now - failedAt).TotalMinutes));
        }

        Assert.Equal([1, 4, 16, 60, 60, 60], waits);
    }

    /// <summary>A participant who joins and leaves all the time causes fewer and fewer switches.</summary>
    [Theory]
    [InlineData(3, true)] // a third participant
    [InlineData(2, false)] // the second one with a client that needs the SFU
    public void Decide_SfuIsNeededAgainAndAgain_BacksOffUpToHalfAnHour(int participants, bool canAll)
    {
        var (state, now) = (Direct, Start);
        var waits = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            state = TopologyChoice.Decide(state, Input(participants: participants, canAll: canAll), now);
            Assert.False(state.IsDirect);
            var (neededAt, leftAt) = (now, now.AddSeconds(1));
            for (now = leftAt; !state.IsDirect; now = now.AddSeconds(1))
            {
                state = TopologyChoice.Decide(state, Input(), now);
            }

            waits.Add((now - neededAt).TotalMinutes);
        }

        Assert.Equal([0.5, 2, 8, 30, 30, 30], waits.Select(wait => Math.Round(wait, 1)));
    }

    [Theory]
    [InlineData(MeetingMode.Auto, 0)]
    [InlineData(MeetingMode.Sfu, 2)] // the tenant denies direct connections, or the mode was changed
    public void Decide_EverybodyLeavesOrRulesChange_IsNoReturn(MeetingMode mode, int participants)
    {
        var state = TopologyChoice.Decide(Direct with { Returns = 2 }, Input(mode, participants), Start.AddMinutes(1));

        Assert.Equal((false, 2, Direct.NotBefore), (state.IsDirect, state.Returns, state.NotBefore));
    }

    /// <summary>A client that changes its mind again and again cannot do so without end, whatever it waits between.</summary>
    [Fact]
    public void Decide_AnyTimesOfOneWhoComesAndGoes_AtMostThirtySwitchesInTwoHours()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var (state, now, switches) = (Direct, Start, 0);
            while (now < Start.AddHours(2))
            {
                var next = TopologyChoice.Decide(state, Input(participants: state.IsDirect || random.Next(3) == 0 ? 3 : 2), now);
                switches += next.IsDirect == state.IsDirect ? 0 : 1;
                (state, now) = (next, now.AddSeconds(random.Next(1, 40)));
            }

            Assert.InRange(switches, 1, 30);
        }
    }

    [Fact]
    public void Decide_ReturnAfterLongTime_CountsAsFirst()
    {
        var needed = Input(participants: 3);
        var proven = TopologyChoice.Decide(Direct with { Returns = 3 }, needed, Start.AddMinutes(10));
        Assert.Equal((1, Start.AddMinutes(10.5).ToUnixTimeMilliseconds()), (proven.Returns, proven.NotBefore));

        var calm = Sfu with { Returns = 3, ChangedAt = At(0) };
        calm = TopologyChoice.Decide(calm, Input(), Start.AddHours(1));
        Assert.Equal((true, 1), (calm.IsDirect, TopologyChoice.Decide(calm, needed, Start.AddHours(1).AddSeconds(1)).Returns));
    }

    [Fact]
    public void Decide_FailureAfterLongTime_CountsAsFirst()
    {
        var next = TopologyChoice.Decide(Direct with { Failures = 3 }, Input() with { FailedGeneration = 3 }, Start.AddMinutes(10));

        Assert.Equal((1, Start.AddMinutes(11).ToUnixTimeMilliseconds()), (next.Failures, next.NotBefore));
    }

    [Fact]
    public void Decide_FailureOfEarlierGeneration_ChangesNothing() =>
        Assert.Same(Direct, TopologyChoice.Decide(Direct, Input() with { FailedGeneration = 2 }, Start));

    [Fact]
    public void Decide_AnyHistory_VersionAndGenerationGrowWithChanges()
    {
        var random = new Random(7);
        var (state, now) = (MeetingTopology.Initial, Start);
        for (var i = 0; i < 5_000; i++)
        {
            now = now.AddSeconds(random.Next(40));
            var input = Input((MeetingMode)random.Next(3), random.Next(5), random.Next(4) > 0) with { FailedGeneration = random.Next(10) == 0 ? state.Generation : null };
            var next = TopologyChoice.Decide(state, input, now);
            Assert.Equal(ReferenceEquals(next, state) ? state.Version : state.Version + 1, next.Version);
            Assert.Equal(state.Generation + (next.IsDirect == state.IsDirect ? 0 : 1), next.Generation);
            Assert.True(!next.IsDirect || (input.Participants <= input.MaxDirectParticipants && input.CanAllConnectDirectly && input.Mode != MeetingMode.Sfu));
            Assert.Same(next, TopologyChoice.Decide(next, input with { FailedGeneration = null }, now));
            state = next;
        }
    }

    private static TopologyInput Input(MeetingMode mode = MeetingMode.Auto, int participants = 2, bool canAll = true) => new()
    {
        Mode = mode, MaxDirectParticipants = 2, Participants = participants, CanAllConnectDirectly = canAll, DirectDelay = TimeSpan.FromSeconds(30),
    };

    private static long At(int seconds) => Start.AddSeconds(seconds).ToUnixTimeMilliseconds();
}
