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

    /// <summary>A camera and a screen of 700 kbit/s each, their sounds and reports: 304 messages a second, and a key frame of 200 KB now and then.</summary>
    [Fact]
    public void Take_ClientThatSendsAllItCan_NeverWaits()
    {
        var pace = new TunnelPace();
        for (var (i, now) = (0, 0L); now < 20 * TimeSpan.TicksPerSecond; i++, now += TimeSpan.TicksPerSecond / 304)
        {
            var keyFrame = i % 1520 < 170 ? 1_200 : 0;
            Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (pace.Take(now, 800), pace.Take(now, keyFrame, isFree: true)));
        }
    }

    /// <summary>What a client acknowledges is as much as it gets, which the media node limits.</summary>
    [Fact]
    public void Take_FreeMessages_OnlyBytesCount()
    {
        var pace = new TunnelPace();

        Assert.All(Enumerable.Range(0, 20 * TunnelPace.MessagesPerSecond), _ => Assert.Equal(TimeSpan.Zero, pace.Take(0, 7, isFree: true)));
    }
}
