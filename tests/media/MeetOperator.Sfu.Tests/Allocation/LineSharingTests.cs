using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Tests.Allocation;

public sealed class LineSharingTests
{
    private const long Line = 2_000_000;
    private readonly LineSharing _sharing = new();
    private long _now = TimeSpan.TicksPerHour;

    [Fact]
    public void Update_OneGetsMuchLess_OthersGetTheMeanForAWhile()
    {
        Run(8, Rich(900), Poor(150, next: 260));

        Assert.Equal(SharingPhase.Trial, _sharing.Phase);
        Assert.InRange(_sharing.MaxBitsPerSecond, 525_000, 560_000);
    }

    [Fact]
    public void Update_PoorestGetsMoreInTheTrial_EachGetsAnEqualPart()
    {
        Run(8, Rich(900), Poor(150, next: 260));

        Run(5, Reduced(500), Poor(260, next: 500));

        Assert.Equal(SharingPhase.Shared, _sharing.Phase);
        Assert.InRange(_sharing.MaxBitsPerSecond, 0.4 * Line, 0.5 * Line);
    }

    /// <summary>For a moment, the poorest gets more on a line of its own, too.</summary>
    [Fact]
    public void Update_PoorestGetsMoreForAMoment_EachHasALineOfItsOwn()
    {
        Run(8, Rich(900), Poor(150, next: 260));

        Run(2, Reduced(500), Poor(260, next: 500));
        Run(10, Rich(500), Poor(150, next: 260));

        Assert.Equal((SharingPhase.Unknown, LineSharing.Unlimited), (_sharing.Phase, _sharing.MaxBitsPerSecond));
    }

    /// <summary>Whoever hides a tile in the trial shows nothing about the line.</summary>
    [Theory]
    [InlineData(500)]
    [InlineData(0)]
    public void Update_PoorestWantsNoMoreInTheTrial_EachHasALineOfItsOwn(long other)
    {
        Run(8, Rich(900), Poor(150, next: 260));

        Run(5, Reduced(other), Poor(0, next: 0));

        Assert.Equal((SharingPhase.Unknown, LineSharing.Unlimited), (_sharing.Phase, _sharing.MaxBitsPerSecond));
    }

    /// <summary>More is sent only where some bandwidth stays free.</summary>
    [Fact]
    public void Update_NextStepIsAboutTheMean_PoorestCanGetItInTheTrial()
    {
        Run(8, Rich(1733), Poor(509, next: 866), Poor(509, next: 866));

        var steps = new int[1];
        StreamAllocator.Allocate(_sharing.MaxBitsPerSecond, [new StreamDemand(StreamRank.Other, 1, 0, 3, 2, 0, 1)], [104_000, 509_000, 866_000], steps);
        Assert.Equal(2, steps[0]);
    }

    [Fact]
    public void Update_TrialsFail_TheyBecomeRare()
    {
        var trials = 0;
        for (var second = 0; second < 3600; second++)
        {
            var before = _sharing.Phase;
            Run(1, Rich(900), Poor(150, next: 260));
            trials += _sharing.Phase == SharingPhase.Trial && before != SharingPhase.Trial ? 1 : 0;
        }

        Assert.InRange(trials, 4, 8);
    }

    [Fact]
    public void Update_SomebodyJoinsAndLeavesAgainAndAgain_CausesOneTrialAMinute()
    {
        var seconds = 0;
        for (var second = 0; second < 600; second++)
        {
            Run(1, second % 20 < 10 ? [Rich(900), Poor(150, next: 260)] : [Rich(900), Poor(150, next: 260), Poor(150, next: 260)]);
            seconds += _sharing.Phase == SharingPhase.Trial ? 1 : 0;
        }

        Assert.InRange(seconds, 0, 110);
    }

    /// <summary>The line was shared for a minute by mistake. When the richer one gets more again, the poorer one loses nothing.</summary>
    [Fact]
    public void Update_PoorestLosesNothingAfterTheLimit_NoTrialForLong()
    {
        Run(8, Rich(900), Poor(150, next: 260));
        Run(5, Reduced(500), Poor(260, next: 500));
        Run(60, Reduced(500), Poor(260, next: 500));
        Assert.Equal(SharingPhase.Unknown, _sharing.Phase);

        for (var second = 0; second < 900; second++)
        {
            Run(1, Rich(900), Poor(260, next: 500));
            Assert.Equal(SharingPhase.Unknown, _sharing.Phase);
        }
    }

    [Fact]
    public void Update_PoorestLosesAfterTheLimit_LineIsSharedForLonger()
    {
        Run(8, Rich(900), Poor(150, next: 260));
        Run(5, Reduced(500), Poor(260, next: 500));
        Run(60, Reduced(500), Poor(500, next: 900));
        Run(8, Rich(900), Poor(150, next: 260));
        Assert.Equal(SharingPhase.Trial, _sharing.Phase);
        Run(5, Reduced(500), Poor(260, next: 500));

        Run(110, Reduced(500), Poor(500, next: 900));

        Assert.Equal(SharingPhase.Shared, _sharing.Phase);
    }

    /// <summary>With steps so far apart, one of them has to have less.</summary>
    [Fact]
    public void Update_NextStepIsAboveTheMean_NobodyGetsLess()
    {
        Run(60, Rich(500), Poor(150, next: 500));

        Assert.Equal(SharingPhase.Unknown, _sharing.Phase);
    }

    [Fact]
    public void Update_PoorerOneWantsNoMore_NobodyGetsLess()
    {
        Run(60, Rich(900), Poor(150, next: 0));

        Assert.Equal(SharingPhase.Unknown, _sharing.Phase);
    }

    [Fact]
    public void Update_SomebodyWantsLittle_OthersGetTheRest()
    {
        Run(8, Rich(1_000), Poor(150, next: 260), Poor(100, next: 0));
        Run(5, Reduced(400), Poor(260, next: 500), Poor(100, next: 0));

        Run(1, Reduced(400), Poor(260, next: 500), Poor(100, next: 0));

        Assert.InRange(_sharing.MaxBitsPerSecond, 0.4 * Line - 50_000, 0.45 * Line);
    }

    [Fact]
    public void Update_ManyReceivers_NobodyGetsLess()
    {
        var many = Enumerable.Repeat(Rich(900), LineSharing.MaxReceivers).Append(Poor(150, next: 260)).ToArray();

        Run(60, many);

        Assert.Equal(SharingPhase.Unknown, _sharing.Phase);
    }

    private static LineUse Rich(long kilobits) => new(kilobits * 1000, Line, kilobits * 1000, NextBitsPerSecond: 0);

    private static LineUse Reduced(long kilobits) => new(kilobits * 1000, Line, 900_000, NextBitsPerSecond: 900_000);

    private static LineUse Poor(long kilobits, long next) => new(kilobits * 1000, kilobits * 1100, Math.Max(kilobits, next) * 1000, next * 1000);

    private void Run(int seconds, params LineUse[] receivers)
    {
        for (var second = 0; second < seconds; second++)
        {
            _sharing.Update(_now += TimeSpan.TicksPerSecond, receivers);
        }
    }
}
