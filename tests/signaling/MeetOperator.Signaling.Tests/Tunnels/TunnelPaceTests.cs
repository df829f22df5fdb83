using MeetOperator.Signaling.Tunnels;

namespace MeetOperator.Signaling.Tests.Tunnels;

public sealed class TunnelPaceTests
{
    [Theory]
    [InlineData(1, TunnelPace.MessagesPerSecond)]
    [InlineData(10_000, TunnelPace.BytesPerSecond / 10_000)]
    public void Take_MoreThanTheRate_WaitsSoThatTheRateIsKept(int bytes, int perSecond)
    {
        var pace = new TunnelPace();
        var now = 0L;
        var taken = 0;
        for (; now < 10 * TimeSpan.TicksPerSecond; taken++)
        {
            now += pace.Take(now, bytes).Ticks;
        }

        Assert.InRange(taken, 10.9 * perSecond, 11.1 * perSecond); // and a burst of one second
    }

    [Fact]
    public void Take_OrdinaryClient_NeverWaits()
    {
        var pace = new TunnelPace();
        for (var now = 0L; now < 10 * TimeSpan.TicksPerSecond; now += 2 * TimeSpan.TicksPerMillisecond)
        {
            Assert.Equal(TimeSpan.Zero, pace.Take(now, 1_200));
        }
    }
}
