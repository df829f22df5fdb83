using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Tests.Allocation;

public sealed class QualityHoldTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private const long Estimate = 500_000;
    private const int Step = 5;
    private readonly QualityHold _hold = new();
    private long _now = TimeSpan.TicksPerHour;

    [Fact]
    public void OnReduced_Once_HoldsForTwoSeconds()
    {
        _hold.OnReduced(_now, Estimate / 2, isPaused: false);
        Assert.True(_hold.IsHeld(_now + (2 * Second) - 1, 10 * Estimate, Step));
        Assert.False(_hold.IsHeld(_now + (2 * Second), Estimate, Step));
    }

    [Fact]
    public void OnReduced_SoonAfterEachRaise_WaitsTwiceAsLongEachTime()
    {
        _hold.OnReduced(_now, Estimate / 2, isPaused: false);
        var waits = Enumerable.Range(0, 8).Select(_ => Wait()).ToList();
        Assert.Equal([2, 4, 8, 16, 32, 64, 64, 64], waits);
    }

    /// <summary>Steps below the one that was too much may still fit.</summary>
    [Fact]
    public void OnReduced_SoonAfterEachRaise_LowerStepsWaitForTwoSecondsOnly()
    {
        _hold.OnReduced(_now, Estimate / 2, isPaused: false);
        Wait();
        Wait();
        Wait();

        Assert.True(_hold.IsHeld(_now + (2 * Second) - 1, Estimate, Step - 1));
        Assert.False(_hold.IsHeld(_now + (2 * Second), Estimate, Step - 1));
        Assert.True(_hold.IsHeld(_now + (2 * Second), Estimate, Step + 1));
    }

    [Fact]
    public void OnReduced_LowerStepFailsToo_WaitsToo()
    {
        _hold.OnReduced(_now, Estimate / 2, isPaused: false);
        Wait();
        Wait();
        _now += 3 * Second;
        _hold.OnRaised(_now, Estimate, Step - 2);
        _now += Second;
        _hold.OnReduced(_now, Estimate / 2, isPaused: false);

        Assert.True(_hold.IsHeld(_now + (3 * Second), Estimate, Step - 2));
        Assert.False(_hold.IsHeld(_now + (3 * Second), Estimate, Step - 3));
    }

    /// <summary>Two participants who speak in turn, on a line that takes one large picture.</summary>
    [Fact]
    public void OnReduced_LineTakesAsMuchAsBefore_HoldsForTwoSecondsEachTime()
    {
        for (var turn = 0; turn < 10; turn++)
        {
            _hold.OnRaised(_now, Estimate, Step);
            _now += 5 * Second;
            _hold.OnReduced(_now, Estimate, isPaused: false);
            Assert.False(_hold.IsHeld(_now + (2 * Second), Estimate, Step));
            _now += 5 * Second;
        }
    }

    [Fact]
    public void OnReduced_ByAnotherStepMeanwhile_KeepsTheWait()
    {
        _hold.OnReduced(_now, Estimate / 2, isPaused: false);
        Wait();
        Wait();
        _hold.OnReduced(_now, Estimate / 2, isPaused: false);
        Assert.Equal(8, Wait());
    }

    [Fact]
    public void OnReduced_AfterTenGoodSeconds_HoldsForTwoSecondsAgain()
    {
        _hold.OnReduced(_now, Estimate / 2, isPaused: false);
        Wait();
        Wait();
        Wait();
        _now += 20 * Second;
        _hold.OnRaised(_now, Estimate, Step);
        _now += 11 * Second;
        _hold.OnReduced(_now, Estimate / 2, isPaused: false);
        Assert.False(_hold.IsHeld(_now + (2 * Second), Estimate, Step));
    }

    [Fact]
    public void IsHeld_LineIsMuchWider_EndsAfterTwoSeconds()
    {
        _hold.OnReduced(_now, Estimate / 2, isPaused: false);
        Wait();
        Wait();
        Wait();
        Assert.True(_hold.IsHeld(_now + (3 * Second), Estimate * 5 / 4, Step));
        Assert.False(_hold.IsHeld(_now + (3 * Second), Estimate * 2, Step));
    }

    [Fact]
    public void OnReduced_Paused_HoldsForHalfASecondAndLaterAtMostFour()
    {
        _hold.OnReduced(_now, Estimate / 2, isPaused: true);
        Assert.True(_hold.IsHeld(_now + (Second / 2) - 1, Estimate, Step));
        Assert.False(_hold.IsHeld(_now + (Second / 2), Estimate, Step));
        for (var i = 0; i < 8; i++)
        {
            _now += 5 * Second;
            _hold.OnResumed(_now, Estimate);
            _now += Second;
            _hold.OnReduced(_now, Estimate / 2, isPaused: true);
        }

        Assert.True(_hold.IsHeld(_now + (4 * Second) - 1, Estimate, Step));
        Assert.False(_hold.IsHeld(_now + (4 * Second), Estimate, Step));
    }

    /// <summary>Waits until the quality may be raised, raises it, and reduces it a second later. Returns the seconds of the wait.</summary>
    private long Wait()
    {
        var start = _now;
        while (_hold.IsHeld(_now, Estimate, Step))
        {
            _now += Second;
        }

        var seconds = (_now - start) / Second;
        _hold.OnRaised(_now, Estimate, Step);
        _now += Second;
        _hold.OnReduced(_now, Estimate / 2, isPaused: false);
        return seconds;
    }
}
