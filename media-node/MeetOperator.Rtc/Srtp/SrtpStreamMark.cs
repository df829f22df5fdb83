namespace MeetOperator.Rtc.Srtp;

/// <summary>What must be remembered of a stream for as long as its key lives: the highest index of each kind, plus one; 0 when there was none.</summary>
internal readonly record struct SrtpStreamMark(ulong NextRtp, ulong NextRtcp)
{
    /// <summary>As <see cref="SrtpStream.TryGuessIndex"/>, of a stream whose window is gone: only what is newer counts.</summary>
    internal bool TryGuessIndex(ushort sequenceNumber, out ulong index)
    {
        if (NextRtp == 0)
        {
            index = sequenceNumber; // the first packet of a stream has rollover counter 0
            return true;
        }

        return SrtpStream.TryGuessNear(NextRtp - 1, sequenceNumber, out index) && index >= NextRtp;
    }

    internal bool AcceptsRtcp(uint index) => index >= NextRtcp;
}
