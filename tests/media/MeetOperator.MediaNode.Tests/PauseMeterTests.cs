using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

public sealed class PauseMeterTests
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private readonly PauseMeter _meter = new();
    private long _now = TimeSpan.TicksPerHour;

    [Fact]
    public void RecordIteration_LongPause_IsReportedForTenSeconds()
    {
        Work(1, 500);
        Work(40, 1);
        Work(2, 4_000);

        Assert.Equal(40 * Millisecond, _meter.LongestTicks);
        Work(2, 9_000);
        Assert.Equal(2 * Millisecond, _meter.LongestTicks);
    }

    [Fact]
    public void RecordIteration_AfterALongWait_CountsNoPause()
    {
        _meter.RecordIteration(_now);
        _now += TimeSpan.TicksPerMinute;
        _meter.RecordWait(TimeSpan.TicksPerMinute);
        _meter.RecordIteration(_now);

        Assert.Equal(0, _meter.LongestTicks);
    }

    [Fact]
    public async Task NodeReport_AfterLongWork_ShowsThePauseAndTheCommand()
    {
        await using var node = await TestNode.StartAsync();
        await node.Host.Loops[0].RunAsync(
            () =>
            {
                Thread.Sleep(80);
                return true;
            },
            default);

        var loop = (await node.Control.GetNodeAsync(default)).LoopReports.Single();

        Assert.True(loop.LongestPauseMs >= 80, $"{loop.LongestPauseMs} ms");
        Assert.True(loop.LongestCommandMs >= 80, $"{loop.LongestCommandMs} ms");
    }

    /// <summary>Simulates one iteration of <paramref name="milliseconds"/> of work, then idle iterations for <paramref name="restMilliseconds"/>.</summary>
    private void Work(int milliseconds, int restMilliseconds)
    {
        _meter.RecordIteration(_now);
        _now += milliseconds * Millisecond;
        for (var i = 0; i <= restMilliseconds; i++)
        {
            _meter.RecordIteration(_now);
            _now += Millisecond;
            _meter.RecordWait(Millisecond);
        }
    }
}
