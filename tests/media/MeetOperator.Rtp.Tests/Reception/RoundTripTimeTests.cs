using MeetOperator.Rtp.Reception;

namespace MeetOperator.Rtp.Tests.Reception;

public sealed class RoundTripTimeTests
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private RoundTripTime roundTrip;

    [Fact]
    public void OnReport_ChangingRoundTrip_FollowsSamples()
    {
        for (var i = 0; i < 30; i++)
        {
            roundTrip.OnReport(i * TimeSpan.TicksPerSecond, (i < 5 ? 50 : 300) * Millisecond);
        }

        Assert.InRange(roundTrip.Ticks, 280 * Millisecond, 300 * Millisecond);
        roundTrip.OnReport(31 * TimeSpan.TicksPerSecond, 50 * Millisecond);
        roundTrip.OnReport(32 * TimeSpan.TicksPerSecond, 50 * Millisecond);
        roundTrip.OnReport(33 * TimeSpan.TicksPerSecond, 50 * Millisecond);
        Assert.InRange(roundTrip.Ticks, 50 * Millisecond, 90 * Millisecond);
    }

    [Fact]
    public void OnRecovery_RecentReport_IsIgnored()
    {
        roundTrip.OnRecovery(0, 400 * Millisecond);
        Assert.Equal(400 * Millisecond, roundTrip.Ticks);

        roundTrip.OnReport(0, 100 * Millisecond);
        var before = roundTrip.Ticks;
        roundTrip.OnRecovery(TimeSpan.TicksPerSecond, 1000 * Millisecond);
        Assert.Equal(before, roundTrip.Ticks);

        roundTrip.OnRecovery(6 * TimeSpan.TicksPerSecond, 1000 * Millisecond);
        Assert.True(roundTrip.Ticks > before);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(6000)]
    public void OnReport_ImplausibleSample_IsIgnored(int milliseconds)
    {
        roundTrip.OnReport(0, milliseconds * Millisecond);
        roundTrip.OnRecovery(0, milliseconds * Millisecond);

        Assert.Equal(0, roundTrip.Ticks);
    }
}
