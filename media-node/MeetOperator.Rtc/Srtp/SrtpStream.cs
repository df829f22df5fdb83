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
    private bool rtpStarted;

    /// <summary>
    /// The index that a sequence number most likely has (RFC 3711 §3.3.1): the one nearest to the highest so far.
    /// False when it lies before the first or behind the last index, is a repetition, or is older than the window.
    /// </summary>
    internal bool TryGuessIndex(ushort sequenceNumber, out ulong index)
    {
        index = sequenceNumber;
        if (!rtpStarted)
        {
            return true;
        }

        var guess = (long)rtp.Highest + (short)(sequenceNumber - (ushort)rtp.Highest);
        index = (ulong)guess;
        return guess >= 0 && index <= MaximumIndex && rtp.Accepts(index);
    }

    /// <summary>Notes an index that proved authentic. True when it is the newest.</summary>
    internal bool TakeIndex(ulong index)
    {
        rtpStarted = true;
        rtp.Take(index);
        return rtp.Highest == index;
    }

    internal bool AcceptsRtcp(uint index) => rtcp.Accepts(index);

    /// <summary>Notes an index that proved authentic. True when it is the newest.</summary>
    internal bool TakeRtcp(uint index)
    {
        rtcp.Take(index);
        return rtcp.Highest == index;
    }

    /// <summary>For tests of the far end of the index space.</summary>
    internal void StartAt(ulong index) => TakeIndex(index);
}
