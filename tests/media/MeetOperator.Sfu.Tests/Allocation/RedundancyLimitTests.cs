using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Tests.Allocation;

public sealed class RedundancyLimitTests
{
    private const long Sound = 160_000;
    private RedundancyLimit _limit = new();
    private long _now = TimeSpan.TicksPerHour;

    [Fact]
    public void Update_LineTakesIt_IsAllowed() => Assert.True(Run(seconds: 1, estimate: 700_000, loss: 0.1));

    [Fact]
    public void Update_NothingElseNeedsTheLine_IsAllowed() => Assert.True(Run(seconds: 1, estimate: 170_000, loss: 0.1, isShared: false));

    [Fact]
    public void Update_NarrowLineWithoutLoss_IsNotAllowed() => Assert.False(Run(seconds: 60, estimate: 120_000, loss: 0, isWanted: false));

    [Fact]
    public void Update_LossEndsWithoutRedundancy_IsNotTried() => Assert.False(Run(seconds: 60, estimate: 120_000, loss: 0.001));

    /// <summary>A queue that was full when the line became narrower loses many packets.</summary>
    [Fact]
    public void Update_LossIsOverSoon_IsNotTried()
    {
        Run(seconds: 1, estimate: 300_000, loss: 0.4);

        Assert.False(Run(seconds: 20, estimate: 500_000, loss: 0));
    }

    [Fact]
    public void Update_QueueDrains_IsNotTried() => Assert.False(Run(seconds: 60, estimate: 120_000, loss: 0.1, isDraining: true));

    [Fact]
    public void Update_LossRemainsWithoutRedundancy_IsTriedAndKept()
    {
        Assert.False(Run(seconds: 4.5, estimate: 120_000, loss: 0.1));
        Assert.True(Run(seconds: 1, estimate: 120_000, loss: 0.1));
        Assert.True(Run(seconds: 50, estimate: 120_000, loss: 0.1));
    }

    [Fact]
    public void Update_LossGrowsWithRedundancy_IsTriedAgainAfterLongerWaits()
    {
        var trials = new List<double>();
        var allowed = true;
        for (var second = 0.0; second < 400; second += 0.2)
        {
            var before = allowed;
            allowed = Run(seconds: 0.2, estimate: 120_000, loss: allowed ? 0.4 : 0.1);
            if (allowed && !before)
            {
                trials.Add(second);
            }
        }

        var waits = trials.Zip(trials.Skip(1), (one, next) => next - one).ToList();
        Assert.InRange(trials.Count, 3, 8);
        Assert.True(waits.Zip(waits.Skip(1)).All(pair => pair.Second > pair.First - 0.1), string.Join(' ', waits));
    }

    /// <summary>Loss that redundancy does not cause is no reason to end it for long: it helps most then.</summary>
    [Fact]
    public void Update_LineLosesMore_IsBackAfterAMeasurement()
    {
        Run(seconds: 6, estimate: 120_000, loss: 0.05);
        Run(seconds: 20, estimate: 120_000, loss: 0.3);

        Assert.True(Run(seconds: 20, estimate: 120_000, loss: 0.3));
    }

    /// <summary>Losses of the time in which the line became narrower can be what was measured.</summary>
    [Fact]
    public void Update_MeasuredTooMuch_IsMeasuredAgainWithinAMinute()
    {
        Assert.True(Run(seconds: 6, estimate: 120_000, loss: 0.4));
        Run(seconds: 61, estimate: 120_000, loss: 0.35);

        Assert.False(Run(seconds: 10, estimate: 120_000, loss: 0.05));
    }

    [Fact]
    public void Update_QueueDrainsNowAndThen_IsTriedNevertheless()
    {
        var isAllowed = false;
        for (var i = 0; i < 10; i++)
        {
            Run(seconds: 0.2, estimate: 120_000, loss: 0.1, isDraining: true);
            isAllowed |= Run(seconds: 8, estimate: 120_000, loss: 0.1);
        }

        Assert.True(isAllowed);
    }

    [Fact]
    public void Update_LineBecomesWiderAfterAFailure_IsAllowedAtOnce()
    {
        Run(seconds: 5.5, estimate: 120_000, loss: 0.1);
        Run(seconds: 5, estimate: 120_000, loss: 0.5);

        Assert.True(Run(seconds: 0.2, estimate: 2_000_000, loss: 0.1));
    }

    private bool Run(double seconds, long estimate, double loss, bool isWanted = true, bool isShared = true, bool isDraining = false)
    {
        for (var end = _now + (long)(seconds * TimeSpan.TicksPerSecond); _now < end;)
        {
            _now += TimeSpan.TicksPerSecond / 5;
            _limit.Update(_now, isWanted, Sound, estimate, isShared, isDraining, loss);
        }

        return _limit.IsAllowed;
    }
}
