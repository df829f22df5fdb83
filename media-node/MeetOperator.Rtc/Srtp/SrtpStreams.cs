namespace MeetOperator.Rtc.Srtp;

/// <summary>
/// The streams of one direction by SSRC, in bounded memory. When there are too many, the least recently used one is evicted; only its
/// position remains, which prevents indexes from being accepted or used twice. The last stream is cached because packets come in bursts.
/// </summary>
internal sealed class SrtpStreams(int maximumActive, int maximumTotal)
{
    private readonly Dictionary<uint, SrtpStream> streams = [];
    private readonly Dictionary<uint, SrtpStreamPosition> evicted = [];
    private uint lastSsrc;
    private SrtpStream? last;
    private long uses;

    /// <summary>The number of streams with full state.</summary>
    internal int Count => streams.Count;

    internal SrtpStream? Find(uint ssrc)
    {
        if (last is not null && lastSsrc == ssrc)
        {
            return last;
        }

        if (streams.TryGetValue(ssrc, out var stream))
        {
            SetLast(ssrc, stream);
        }

        return stream;
    }

    /// <summary>Gets the start position of a stream without state. False when the maximum number of streams is reached.</summary>
    internal bool CanOpen(uint ssrc, out SrtpStreamPosition position) =>
        evicted.TryGetValue(ssrc, out position) || streams.Count + evicted.Count < maximumTotal;

    internal SrtpStream Open(uint ssrc, in SrtpStreamPosition position)
    {
        evicted.Remove(ssrc);
        if (streams.Count >= maximumActive)
        {
            EvictOldest();
        }

        var stream = new SrtpStream(position);
        streams.Add(ssrc, stream);
        SetLast(ssrc, stream);
        return stream;
    }

    private void SetLast(uint ssrc, SrtpStream stream)
    {
        if (last is not null)
        {
            last.LastUse = ++uses;
        }

        stream.LastUse = ++uses;
        (lastSsrc, last) = (ssrc, stream);
    }

    private void EvictOldest()
    {
        var oldest = streams.MinBy(s => s.Value.LastUse);
        streams.Remove(oldest.Key);
        evicted[oldest.Key] = oldest.Value.Position;
        if (last == oldest.Value)
        {
            last = null;
        }
    }
}
