using MeetOperator.Rtp.Congestion;
using MeetOperator.Sfu.Bandwidth;

namespace MeetOperator.Sfu.Tests.Bandwidth;

/// <summary>Feedback that lies, repeats itself or is random: the estimate stays within its bounds and nothing throws.</summary>
public sealed class HostileFeedbackTests
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private static readonly SendBandwidthOptions Options = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void OnFeedback_RandomReports_KeepsTheEstimateInItsBounds(int seed)
    {
        var random = new Random(seed);
        var bandwidth = new SendBandwidth();
        var now = TimeSpan.TicksPerDay;
        ushort last = 0;
        var buffer = new byte[1200];
        for (var i = 0; i < 5000; i++)
        {
            now += random.Next(40) switch
            {
                0 => random.Next(-100, 100) * TimeSpan.TicksPerSecond, // a jump of the own clock
                1 => TimeSpan.TicksPerHour,
                _ => random.Next((int)(20 * Millisecond)),
            };
            bandwidth.TryTakeProbe(now, out var probe);
            for (var packets = random.Next(8); packets > 0; packets--)
            {
                last = bandwidth.OnSent(now, random.Next(1500), probe.Id);
            }

            var arrivals = new TransportArrivals();
            var oldest = (ushort)(last - random.Next(random.Next(20) == 0 ? 65_536 : 40));
            for (var packets = random.Next(1, 30); packets > 0; packets--)
            {
                arrivals.OnPacket(random.NextInt64(TimeSpan.TicksPerHour), (ushort)(oldest + random.Next(20)));
            }

            var length = arrivals.WriteFeedback(1, 2, buffer);
            if (random.Next(3) == 0)
            {
                buffer[random.Next(Math.Max(1, length))] = (byte)random.Next(256);
            }

            for (var repeats = random.Next(1, 3); repeats > 0; repeats--)
            {
                bandwidth.OnFeedback(now, buffer.AsSpan(0, length));
            }

            bandwidth.HandleTimeout(now);
            bandwidth.SetDemand(random.NextInt64(-1, long.MaxValue));
            Assert.InRange(bandwidth.EstimateBitsPerSecond, Options.MinBitsPerSecond, Options.MaxBitsPerSecond);
            Assert.InRange(bandwidth.LossRatio, 0, 1);
            Assert.InRange(bandwidth.RoundTripTicks, 0, 10 * TimeSpan.TicksPerSecond);
        }
    }

    [Fact]
    public void OnFeedback_Replayed_ChangesNothing()
    {
        var (bandwidth, feedback) = Sent(40);
        bandwidth.OnFeedback(TimeSpan.TicksPerDay + (200 * Millisecond), feedback);
        var (estimate, roundTrip) = (bandwidth.EstimateBitsPerSecond, bandwidth.RoundTripTicks);
        for (var i = 1; i < 1000; i++)
        {
            bandwidth.OnFeedback(TimeSpan.TicksPerDay + ((200 + i) * Millisecond), feedback);
        }

        Assert.Equal((estimate, roundTrip), (bandwidth.EstimateBitsPerSecond, bandwidth.RoundTripTicks));
    }

    [Fact]
    public void OnFeedback_CoversUnsentPackets_IsIgnored()
    {
        var (bandwidth, _) = Sent(40);
        var (_, feedback) = Sent(41);
        bandwidth.OnFeedback(TimeSpan.TicksPerDay + (200 * Millisecond), feedback);

        Assert.False(bandwidth.HasFeedback);
        Assert.Equal(1, bandwidth.IgnoredFeedback);
    }

    [Fact]
    public void OnReceiverEstimate_AnyValue_StaysInBounds()
    {
        var bandwidth = new SendBandwidth();
        foreach (var rate in new[] { 0, long.MaxValue, 700_000 })
        {
            bandwidth.OnReceiverEstimate(TimeSpan.TicksPerDay, rate);
            Assert.Equal(Math.Clamp(rate, Options.MinBitsPerSecond, Options.MaxBitsPerSecond), bandwidth.EstimateBitsPerSecond);
        }

        Assert.True(bandwidth.HasFeedback);
    }

    [Fact]
    public void OnReceiverEstimate_BesideFeedback_IsIgnored()
    {
        var (bandwidth, feedback) = Sent(40);
        bandwidth.OnFeedback(TimeSpan.TicksPerDay + (200 * Millisecond), feedback);
        bandwidth.OnReceiverEstimate(TimeSpan.TicksPerDay + (300 * Millisecond), 60_000);

        Assert.NotEqual(60_000, bandwidth.EstimateBitsPerSecond);
    }

    /// <summary>A connection that has sent packets, one a millisecond, and feedback about all of them.</summary>
    private static (SendBandwidth Bandwidth, byte[] Feedback) Sent(int packets)
    {
        var bandwidth = new SendBandwidth();
        var arrivals = new TransportArrivals();
        for (var i = 0; i < packets; i++)
        {
            var now = TimeSpan.TicksPerDay + (i * Millisecond);
            arrivals.OnPacket(now, bandwidth.OnSent(now, 1000));
        }

        var buffer = new byte[1200];
        return (bandwidth, buffer[..arrivals.WriteFeedback(1, 2, buffer)]);
    }
}
