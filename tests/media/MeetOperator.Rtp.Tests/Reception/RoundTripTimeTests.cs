using MeetOperator.Rtp.Reception;

namespace MeetOperator.Rtp.Tests.Reception;

public sealed class RoundTripTimeTests
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private RoundTripTime _roundTrip;

    [Fact]
    public void OnReport_ChangingRoundTrip_FollowsSamples()
    {
        for (var i = 0; i < 30; i++)
        {
            _roundTrip.OnReport(i * TimeSpan.TicksPerSecond, (i < 5 ? 50 : 300) * Millisecond);
        }

        Assert.InRange(_roundTrip.Ticks, 280 * Millisecond, 300 * Millisecond);
        _roundTrip.OnReport(31 * TimeSpan.TicksPerSecond, 50 * Millisecond);
        _roundTrip.OnReport(32 * TimeSpan.TicksPerSecond, 50 * Millisecond);
        _roundTrip.OnReport(33 * TimeSpan.TicksPerSecond, 50 * Millisecond);
        Assert.InRange(_roundTrip.Ticks, 50 * Millisecond, 90 * Millisecond);
    }

    [Fact]
    public void OnRecovery_RecentReport_IsIgnored()
    {
        _roundTrip.OnRecovery(0, 400 * Millisecond);
        Assert.Equal(400 * Millisecond, _roundTrip.Ticks);

        _roundTrip.OnReport(0, 100 * Millisecond);
        var before = _roundTrip.Ticks;
        _roundTrip.OnRecovery(TimeSpan.TicksPerSecond, 1000 * Millisecond);
        Assert.Equal(before, _roundTrip.Ticks);

        _roundTrip.OnRecovery(6 * TimeSpan.TicksPerSecond, 1000 * Millisecond);
        Assert.True(_roundTrip.Ticks > before);
    }

    [Fact]
    public void OnCheck_NoRecentReport_IsUsed()
    {
        _roundTrip.OnCheck(0, 80 * Millisecond);
        Assert.Equal(80 * Millisecond, _roundTrip.Ticks);

        _roundTrip.OnReport(0, 80 * Millisecond);
        _roundTrip.OnCheck(TimeSpan.TicksPerSecond, 20 * Millisecond);
        Assert.Equal(80 * Millisecond, _roundTrip.Ticks);

        _roundTrip.OnCheck(6 * TimeSpan.TicksPerSecond, 20 * Millisecond);
        Assert.Equal(50 * Millisecond, _roundTrip.Ticks);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(6000)]
    public void OnReport_ImplausibleSample_IsIgnored(int milliseconds)
    {
        _roundTrip.OnReport(0, milliseconds * Millisecond);
        _roundTrip.OnRecovery(0, milliseconds * Millisecond);

        Assert.Equal(0, _roundTrip.Ticks);
    }
}
