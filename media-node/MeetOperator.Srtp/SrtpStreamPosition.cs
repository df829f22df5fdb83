namespace MeetOperator.Srtp;

/// <summary>The state of a stream that must outlive its window while the key is in use: the highest RTP and RTCP index plus one, or 0 for none.</summary>
internal readonly record struct SrtpStreamPosition(ulong NextRtp, ulong NextRtcp)
{
    /// <summary>Like <see cref="SrtpStream.TryEstimateIndex"/>, for a stream without a window. Only newer packets are accepted.</summary>
    internal bool TryEstimateIndex(ushort sequenceNumber, out ulong index)
    {
        if (NextRtp == 0)
        {
            index = sequenceNumber; // the first packet of a stream has rollover counter 0
            return true;
        }

        return SrtpStream.TryEstimateNear(NextRtp - 1, sequenceNumber, out index) && index >= NextRtp;
    }

    internal bool AcceptsRtcp(uint index) => index >= NextRtcp;
}
