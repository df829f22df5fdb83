using MeetOperator.Signaling.Tunnels;

namespace MeetOperator.Signaling.Tests.Tunnels;

public sealed class TunnelPaceTests
{
    [Fact]
    public void TakeMessage_MoreThanTheRate_WaitsSoThatTheRateIsKept() => AssertKept(TunnelPace.MessagesPerSecond, (pace, now) => pace.TakeMessage(now));

    [Fact]
    public void TakeBytes_MoreThanTheRate_WaitsSoThatTheRateIsKept() => AssertKept(TunnelPace.BytesPerSecond / 10_000, (pace, now) => pace.TakeBytes(now, 10_000));

    /// <summary>A camera and a screen of 700 kbit/s each, their sounds and reports: 304 messages a second, and a key frame of 200 KB now and then.</summary>
    [Fact]
    public void Take_ClientThatSendsAllItCan_NeverWaits()
    {
        var pace = new TunnelPace();
        for (var (i, now) = (0, 0L); now < 20 * TimeSpan.TicksPerSecond; i++, now += TimeSpan.TicksPerSecond / 304)
        {
            var keyFrame = i % 1520 < 170 ? 1_200 : 0;
            Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (pace.TakeMessage(now), pace.TakeBytes(now, 800 + keyFrame)));
        }
    }

    private static void AssertKept(int perSecond, Func<TunnelPace, long, TimeSpan> take)
    {
        var pace = new TunnelPace();
        var now = 0L;
        var taken = 0;
        for (; now < 10 * TimeSpan.TicksPerSecond; taken++)
        {
            now += take(pace, now).Ticks;
        }

        Assert.InRange(taken, 10.9 * perSecond, 11.1 * perSecond); // and a burst of one second
    }
}
