using MeetOperator.Sfu.Bandwidth;

namespace MeetOperator.Sfu.Tests.Bandwidth;

public sealed class StandingQueueTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private StandingQueue _queue;
    private long _sent = TimeSpan.TicksPerHour;
    private long _clock = TimeSpan.TicksPerDay; // of the client, minus that of the node

    [Fact]
    public void IsStanding_AllPacketsTakeLonger_IsTrue()
    {
        Send(seconds: 5, delayMilliseconds: 50);
        Assert.False(_queue.IsStanding);

        Send(seconds: 1, delayMilliseconds: 80);

        Assert.True(_queue.IsStanding);
    }

    /// <summary>The time of a suspended media node stands still, and that of its clients goes on. The difference is no queue.</summary>
    /// <param name="seconds">What is left out of the suspension; negative when the client was suspended, or its clock was set back.</param>
    [Theory]
    [InlineData(4)]
    [InlineData(12)]
    [InlineData(24)]
    [InlineData(-4)]
    [InlineData(-24)]
    public void IsStanding_NodeWasSuspended_DoesNotCompareWithTimeBefore(int seconds)
    {
        Send(seconds: 15, delayMilliseconds: 50);
        _clock += seconds * Second;

        for (var i = 0; i < 30; i++)
        {
            Send(seconds: 1, delayMilliseconds: 50);
            Assert.False(_queue.IsStanding);
        }

        Send(seconds: 1, delayMilliseconds: 80);
        Assert.True(_queue.IsStanding);
    }

    private void Send(int seconds, int delayMilliseconds)
    {
        for (var end = _sent + (seconds * Second); _sent < end; _sent += 20 * Call.Millisecond)
        {
            _queue.OnArrival(_sent, _sent + _clock + (delayMilliseconds * Call.Millisecond));
        }
    }
}
