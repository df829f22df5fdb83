namespace MeetOperator.Srtp;

/// <summary>Rollover and replay state of one SSRC in one direction.</summary>
internal sealed class SrtpStream
{
    /// <summary>Enough for reordering and retransmission within one second of a high-bitrate video stream.</summary>
    internal const int RtpWindowPackets = 1024;

    internal const int RtcpWindowPackets = 128;

    /// <summary>RFC 3711 §9.2: a key protects at most 2^48 RTP packets.</summary>
    private const ulong MaximumIndex = (1UL << 48) - 1;

    private ReplayWindow _rtp = new(RtpWindowPackets);
    private ReplayWindow _rtcp = new(RtcpWindowPackets);

    /// <param name="ssrc">The SSRC.</param>
    /// <param name="position">Packets before it are rejected; the default value for a new stream.</param>
    internal SrtpStream(uint ssrc, in SrtpStreamPosition position)
    {
        Ssrc = ssrc;
        _rtp.SkipTo(position.NextRtp);
        _rtcp.SkipTo(position.NextRtcp);
    }

    internal uint Ssrc { get; }

    internal SrtpStreamPosition Position => new(_rtp.Next, _rtcp.Next);

    /// <summary>
    /// Estimates the index of a sequence number (RFC 3711 §3.3.1): the value that is nearest to the highest index so far. False when
    /// the index is out of range, was recorded before, or is older than the window.
    /// </summary>
    internal bool TryEstimateIndex(ushort sequenceNumber, out ulong index)
    {
        index = sequenceNumber;
        return _rtp.Next == 0 || (TryEstimateNear(_rtp.Next - 1, sequenceNumber, out index) && _rtp.Accepts(index));
    }

    /// <summary>Computes the index with these low bits that is nearest to <paramref name="highest"/>. False when it is out of range.</summary>
    internal static bool TryEstimateNear(ulong highest, ushort sequenceNumber, out ulong index)
    {
        var guess = (long)highest + (short)(sequenceNumber - (ushort)highest);
        index = (ulong)guess;
        return guess >= 0 && index <= MaximumIndex;
    }

    /// <summary>Records the index of an authentic RTP packet. Returns true when it is the newest.</summary>
    internal bool RecordIndex(ulong index)
    {
        _rtp.Record(index);
        return _rtp.Next == index + 1;
    }

    internal bool AcceptsRtcp(uint index) => _rtcp.Accepts(index);

    /// <summary>Records the index of an authentic RTCP packet. Returns true when it is the newest.</summary>
    internal bool RecordRtcpIndex(uint index)
    {
        _rtcp.Record(index);
        return _rtcp.Next == index + 1ul;
    }
}
