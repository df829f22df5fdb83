namespace MeetOperator.Rtc.Srtp;

/// <summary>Rollover and replay state of one SSRC in one direction.</summary>
internal sealed class SrtpStream
{
    /// <summary>Enough for a second of a fast video stream to arrive out of order or be sent again.</summary>
    internal const int RtpWindowPackets = 1024;

    internal const int RtcpWindowPackets = 128;

    /// <summary>RFC 3711 §9.2: a key protects at most 2^48 RTP packets.</summary>
    private const ulong MaximumIndex = (1UL << 48) - 1;

    private ReplayWindow rtp = new(RtpWindowPackets);
    private ReplayWindow rtcp = new(RtcpWindowPackets);

    /// <param name="mark">Nothing before it is taken; the default for a new stream.</param>
    internal SrtpStream(in SrtpStreamMark mark)
    {
        rtp.SkipTo(mark.NextRtp);
        rtcp.SkipTo(mark.NextRtcp);
    }

    /// <summary>Orders the streams by when they were used.</summary>
    internal long LastUse { get; set; }

    internal SrtpStreamMark Mark => new(rtp.Next, rtcp.Next);

    /// <summary>
    /// The index that a sequence number most likely has (RFC 3711 §3.3.1): the one nearest to the highest so far.
    /// False when it lies before the first or behind the last index, is a repetition, or is older than the window.
    /// </summary>
    internal bool TryGuessIndex(ushort sequenceNumber, out ulong index)
    {
        index = sequenceNumber;
        return rtp.Next == 0 || (TryGuessNear(rtp.Next - 1, sequenceNumber, out index) && rtp.Accepts(index));
    }

    /// <summary>The index with these low bits that lies nearest to <paramref name="highest"/>; false when there is none that a key may protect.</summary>
    internal static bool TryGuessNear(ulong highest, ushort sequenceNumber, out ulong index)
    {
        var guess = (long)highest + (short)(sequenceNumber - (ushort)highest);
        index = (ulong)guess;
        return guess >= 0 && index <= MaximumIndex;
    }

    /// <summary>Notes an index that proved authentic. True when it is the newest.</summary>
    internal bool TakeIndex(ulong index)
    {
        rtp.Take(index);
        return rtp.Next == index + 1;
    }

    internal bool AcceptsRtcp(uint index) => rtcp.Accepts(index);

    /// <summary>Notes an index that proved authentic. True when it is the newest.</summary>
    internal bool TakeRtcp(uint index)
    {
        rtcp.Take(index);
        return rtcp.Next == index + 1ul;
    }

    /// <summary>For tests of the far end of the index space.</summary>
    internal void StartAt(ulong index) => TakeIndex(index);
}
