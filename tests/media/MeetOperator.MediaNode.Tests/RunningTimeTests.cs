using MeetOperator.MediaNode.Time;

namespace MeetOperator.MediaNode.Tests;

public sealed class RunningTimeTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private readonly RunningTime _time = new();
    private long _ticks = TimeSpan.TicksPerHour;

    [Fact]
    public void At_ReadEverySecond_IsMonotonicTime()
    {
        var before = After(0);
        for (var i = 0; i < 100; i++)
        {
            After(Second);
        }

        Assert.Equal(before + (100 * Second), After(0));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(12)]
    [InlineData(25)]
    public void At_Suspended_StandsStill(int seconds)
    {
        var before = After(0);
        Assert.Equal(before + Second, After(seconds * Second));
        Assert.Equal(before + Second + 1, After(1));
    }

    /// <summary>Clients do not agree to packets any more then.</summary>
    [Fact]
    public void At_SuspendedForLongerThanConsent_Counts()
    {
        var before = After(0);
        Assert.Equal(before + (26 * Second), After(26 * Second));
    }

    [Fact]
    public void At_SuspendedAgain_StandsStillAgain()
    {
        var before = After(0);
        After(20 * Second);
        Assert.Equal(before + (2 * Second), After(20 * Second));
    }

    [Fact]
    public void At_ThreadReadTheTimeBeforeASuspension_DoesNotGoBack()
    {
        After(0);
        var stale = _ticks + (Second / 20);
        var resumed = After(10 * Second);

        Assert.InRange(_time.At(stale), resumed, resumed);
    }

    private long After(long ticks) => _time.At(_ticks += ticks);
}
