using MeetOperator.Rtp.Congestion;
using MeetOperator.Sfu.Bandwidth;

namespace MeetOperator.Sfu.Tests.Bandwidth;

public sealed class SendBandwidthTests
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private readonly SendBandwidth _bandwidth = new();
    private readonly TransportArrivals _arrivals = new();
    private readonly byte[] _buffer = new byte[1200];

    [Fact]
    public void EstimateBitsPerSecond_BeforeFeedback_IsTheStartRate()
    {
        Assert.Equal(1_000_000, _bandwidth.EstimateBitsPerSecond);
        Assert.Equal(0, _bandwidth.RoundTripTicks);
        Assert.False(_bandwidth.HasFeedback);
    }

    [Fact]
    public void OnSent_Packets_CountsSequenceNumbers()
    {
        var first = _bandwidth.OnSent(Millisecond, 1000);
        Assert.Equal((ushort)(first + 1), _bandwidth.OnSent(Millisecond, 1000));
    }

    [Fact]
    public void OnFeedback_PacketsOfAnotherConnection_AreIgnored()
    {
        _bandwidth.OnSent(Millisecond, 1000);
        _arrivals.OnPacket(Millisecond, 5000);
        var length = _arrivals.WriteFeedback(1, 2, _buffer);

        _bandwidth.OnFeedback(2 * Millisecond, _buffer.AsSpan(0, length));

        Assert.False(_bandwidth.HasFeedback);
        Assert.Equal(1, _bandwidth.IgnoredFeedback);
    }

    [Fact]
    public void OnFeedback_ArrivedPackets_TellsRoundTrip()
    {
        for (var i = 0; i < 5; i++)
        {
            _arrivals.OnPacket(i * Millisecond, _bandwidth.OnSent(i * Millisecond, 1000));
        }

        var length = _arrivals.WriteFeedback(1, 2, _buffer);
        _bandwidth.OnFeedback(54 * Millisecond, _buffer.AsSpan(0, length));

        Assert.True(_bandwidth.HasFeedback);
        Assert.Equal(0, _bandwidth.LossRatio);
        Assert.InRange(_bandwidth.RoundTripTicks, 49 * Millisecond, 51 * Millisecond);
    }
}
