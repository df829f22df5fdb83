using MeetOperator.Rtp.Congestion;

namespace MeetOperator.Sfu.Bandwidth;

/// <summary>
/// Writes the transport-wide feedback about the packets of one connection: which of them arrived, and when. The publisher estimates its bandwidth from it.
/// </summary>
internal sealed class ArrivalFeedback(uint ownSsrc)
{
    private const long IntervalTicks = 60 * TimeSpan.TicksPerMillisecond;
    private readonly TransportArrivals _arrivals = new();
    private long _nextTicks;

    /// <param name="arrivalTicks">When the packet arrived.</param>
    /// <param name="sequence">The transport-wide sequence number of the packet.</param>
    public void OnPacket(long arrivalTicks, ushort sequence) => _arrivals.OnPacket(arrivalTicks, sequence);

    /// <summary>When the next feedback is due; <see cref="long.MaxValue"/> when there is nothing to report.</summary>
    public long NextTicks => _arrivals.HasUnreportedPackets ? _nextTicks : long.MaxValue;

    /// <summary>Returns true, and starts the next interval, when feedback is due.</summary>
    public bool TryStart(long nowTicks)
    {
        if (nowTicks < _nextTicks || !_arrivals.HasUnreportedPackets)
        {
            return false;
        }

        _nextTicks = nowTicks + IntervalTicks;
        return true;
    }

    /// <summary>Writes the next packet of the feedback and returns its length; 0 when all arrivals are reported. One feedback can take several packets.</summary>
    /// <param name="mediaSsrc">An SSRC of the publisher.</param>
    /// <param name="buffer">Receives the packet.</param>
    public int WriteNext(uint mediaSsrc, Span<byte> buffer) => _arrivals.WriteFeedback(ownSsrc, mediaSsrc, buffer);
}
