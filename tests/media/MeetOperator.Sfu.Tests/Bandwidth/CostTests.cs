using MeetOperator.Rtp.Congestion;
using MeetOperator.Sfu.Bandwidth;

namespace MeetOperator.Sfu.Tests.Bandwidth;

/// <summary>The memory of a connection, and no allocation for a packet.</summary>
public sealed class CostTests
{
    private readonly byte[] _buffer = new byte[1200];

    [Fact]
    public void Constructor_IdleConnection_TakesLessThanAKibibyte() =>
        Assert.InRange(Allocated(() => new SendBandwidth().SetDemand(1)), 1, 1023);

    [Fact]
    public void OnSent_TwoMegabitsPerSecond_TakesLessThan32Kibibytes()
    {
        var bandwidth = new SendBandwidth();
        Assert.InRange(Allocated(() => Run(bandwidth, new TransportArrivals(), seconds: 1)), 1, long.MaxValue); // the runtime's own first allocations
        var another = new SendBandwidth();
        var arrivals = new TransportArrivals();

        Assert.InRange(Allocated(() => Run(another, arrivals, seconds: 30)), 1, 32 * 1024);
    }

    [Fact]
    public void OnSent_SteadyConnection_AllocatesNothing()
    {
        var bandwidth = new SendBandwidth();
        var arrivals = new TransportArrivals();
        Run(bandwidth, arrivals, seconds: 5);

        Assert.Equal(0, Allocated(() => Run(bandwidth, arrivals, seconds: 30, start: 5)));
    }

    private static long Allocated(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>Sends 2 Mbit/s in packets of 1,000 bytes over a line of 50 ms, with feedback every 60 ms.</summary>
    private void Run(SendBandwidth bandwidth, TransportArrivals arrivals, int seconds, int start = 0)
    {
        for (var ms = start * 1000; ms < (start + seconds) * 1000; ms += 4)
        {
            var now = TimeSpan.TicksPerDay + (ms * TimeSpan.TicksPerMillisecond);
            arrivals.OnPacket(now, bandwidth.OnSent(now, 1000));
            bandwidth.HandleTimeout(now);
            if (ms % 60 == 0)
            {
                bandwidth.OnFeedback(now + (50 * TimeSpan.TicksPerMillisecond), _buffer.AsSpan(0, arrivals.WriteFeedback(1, 2, _buffer)));
            }
        }
    }
}
