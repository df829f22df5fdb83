namespace MeetOperator.Rtc.Srtp;

/// <summary>
/// The streams of one direction by SSRC, in bounded memory. When there are too many, the one unused for longest rests: of it only the mark stays
/// that keeps its packets from being taken, or sent, twice. The last one looked up is kept at hand: packets come in bursts.
/// </summary>
internal sealed class SrtpStreams(int maximumActive, int maximumEver)
{
    private readonly Dictionary<uint, SrtpStream> streams = [];
    private readonly Dictionary<uint, SrtpStreamMark> resting = [];
    private uint lastSsrc;
    private SrtpStream? last;
    private long uses;

    /// <summary>Streams with full state.</summary>
    internal int Count => streams.Count;

    internal SrtpStream? Find(uint ssrc)
    {
        if (last is not null && lastSsrc == ssrc)
        {
            return last;
        }

        if (streams.TryGetValue(ssrc, out var stream))
        {
            KeepAtHand(ssrc, stream);
        }

        return stream;
    }

    /// <summary>Where a stream begins that <see cref="Find"/> does not know. False when the peer may open no more.</summary>
    internal bool TryBegin(uint ssrc, out SrtpStreamMark mark) =>
        resting.TryGetValue(ssrc, out mark) || streams.Count + resting.Count < maximumEver;

    internal SrtpStream Open(uint ssrc, in SrtpStreamMark mark)
    {
        resting.Remove(ssrc);
        if (streams.Count >= maximumActive)
        {
            Rest();
        }

        var stream = new SrtpStream(mark);
        streams.Add(ssrc, stream);
        KeepAtHand(ssrc, stream);
        return stream;
    }

    private void KeepAtHand(uint ssrc, SrtpStream stream)
    {
        if (last is not null)
        {
            last.LastUse = ++uses;
        }

        stream.LastUse = ++uses;
        (lastSsrc, last) = (ssrc, stream);
    }

    private void Rest()
    {
        var oldest = streams.MinBy(s => s.Value.LastUse);
        streams.Remove(oldest.Key);
        resting[oldest.Key] = oldest.Value.Mark;
        if (last == oldest.Value)
        {
            last = null;
        }
    }
}
