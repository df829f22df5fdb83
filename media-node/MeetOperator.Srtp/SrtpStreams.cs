namespace MeetOperator.Srtp;

/// <summary>
/// The streams of one direction by SSRC, in bounded memory. When there are too many, the least recently used one is evicted; only its
/// position remains, which prevents indexes from being accepted or used twice. The last stream is cached because packets come in bursts.
/// </summary>
internal sealed class SrtpStreams(int maximumActive)
{
    /// <summary>
    /// Factor between the streams with full state and all streams of a session, whose positions must be kept. A browser opens few streams in a call.
    /// </summary>
    private const int TotalStreamsFactor = 16;

    private readonly Dictionary<uint, SrtpStream> _streams = [];
    private readonly Dictionary<uint, SrtpStreamPosition> _evicted = [];
    private uint _lastSsrc;
    private SrtpStream? _last;
    private long _uses;

    internal SrtpStream? Find(uint ssrc)
    {
        if (_last is not null && _lastSsrc == ssrc)
        {
            return _last;
        }

        if (_streams.TryGetValue(ssrc, out var stream))
        {
            SetLast(ssrc, stream);
        }

        return stream;
    }

    /// <summary>Gets the start position of a stream without state. False when the maximum number of streams is reached.</summary>
    internal bool CanOpen(uint ssrc, out SrtpStreamPosition position) =>
        _evicted.TryGetValue(ssrc, out position) || _streams.Count + _evicted.Count < maximumActive * TotalStreamsFactor;

    internal SrtpStream Open(uint ssrc, in SrtpStreamPosition position)
    {
        _evicted.Remove(ssrc);
        if (_streams.Count >= maximumActive)
        {
            EvictOldest();
        }

        var stream = new SrtpStream(position);
        _streams.Add(ssrc, stream);
        SetLast(ssrc, stream);
        return stream;
    }

    private void SetLast(uint ssrc, SrtpStream stream)
    {
        if (_last is not null)
        {
            _last.LastUse = ++_uses;
        }

        stream.LastUse = ++_uses;
        (_lastSsrc, _last) = (ssrc, stream);
    }

    private void EvictOldest()
    {
        var oldest = _streams.MinBy(s => s.Value.LastUse);
        _streams.Remove(oldest.Key);
        _evicted[oldest.Key] = oldest.Value.Position;
        if (_last == oldest.Value)
        {
            _last = null;
        }
    }
}
