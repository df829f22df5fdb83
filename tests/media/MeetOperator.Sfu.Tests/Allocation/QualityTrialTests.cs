using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Tests.Allocation;

public sealed class QualityTrialTests
{
    private const long Needed = 200_000;
    private QualityTrial _trial;
    private long _now = TimeSpan.TicksPerHour;

    [Fact]
    public void Update_EstimateReachesWhatIsNeeded_EndsTrial()
    {
        var estimate = 100_000L;
        Assert.Equal(5, SecondsUntil(isTrial: true, () => estimate));
        Assert.InRange(_trial.BitsPerSecond, Needed, Needed * 1.1);

        Assert.Equal(7, SecondsUntil(isTrial: false, () => estimate += 15_000));
    }

    [Fact]
    public void Update_EstimateDoesNotGrow_WaitsTwiceAsLongEachTime()
    {
        int[] expected = [5, 10, 20, 40, 80, 80];
        foreach (var wait in expected)
        {
            Assert.Equal(wait, SecondsUntil(isTrial: true, () => 100_000));
            Assert.Equal(5, SecondsUntil(isTrial: false, () => 100_000));
        }
    }

    /// <summary>What a line took before does not count for ever; but a line that is good for a moment again and again does not get more trials.</summary>
    [Theory]
    [InlineData(41, 5)]
    [InlineData(39, 40)]
    public void Update_LineWasGoodForAsLongAsTheWait_BeginsWithShortWaitAgain(int goodSeconds, int expected)
    {
        foreach (var wait in (int[])[5, 10, 20])
        {
            Assert.Equal(wait, SecondsUntil(isTrial: true, () => 100_000));
            Assert.Equal(5, SecondsUntil(isTrial: false, () => 100_000));
        }

        for (var i = 0; i < goodSeconds; i++)
        {
            _trial.Update(_now += TimeSpan.TicksPerSecond, Needed, Needed, isOverused: false, lossRatio: 0);
        }

        _now += TimeSpan.TicksPerSecond;
        Assert.Equal(expected, SecondsUntil(isTrial: true, () => 100_000));
    }

    /// <summary>A radio link loses as much whatever is sent.</summary>
    [Fact]
    public void Update_LineLosesAsMuchAsBefore_ContinuesTrial()
    {
        var estimate = 100_000L;
        SecondsUntil(isTrial: true, () => estimate, lossRatio: 0.25);

        Assert.Equal(7, SecondsUntil(isTrial: false, () => estimate += 15_000, lossRatio: 0.3));
    }

    [Theory]
    [InlineData(80_000, false, 0.0, 0)]
    [InlineData(100_000, true, 0.0, 2)]
    [InlineData(100_000, false, 0.2, 2)]
    public void Update_LineDoesNotTakeIt_EndsTrial(long estimate, bool isOverused, double lossRatio, int seconds)
    {
        SecondsUntil(isTrial: true, () => 100_000);

        Assert.Equal(seconds, SecondsUntil(isTrial: false, () => estimate, isOverused, lossRatio));
    }

    [Fact]
    public void Update_NothingMoreIsNeeded_TriesNothing()
    {
        for (var i = 0; i < 100; i++)
        {
            _trial.Update(_now += TimeSpan.TicksPerSecond, 100_000, needed: 0, isOverused: false, lossRatio: 0);
            Assert.Equal(0, _trial.BitsPerSecond);
        }
    }

    /// <summary>Updates every second until there is a trial, or none, and returns the seconds after the first update.</summary>
    private int SecondsUntil(bool isTrial, Func<long> estimate, bool isOverused = false, double lossRatio = 0)
    {
        for (var seconds = 0; seconds < 200; seconds++)
        {
            _trial.Update(_now, estimate(), Needed, isOverused, lossRatio);
            if (_trial.BitsPerSecond > 0 == isTrial)
            {
                return seconds;
            }

            _now += TimeSpan.TicksPerSecond;
        }

        return -1;
    }
}
