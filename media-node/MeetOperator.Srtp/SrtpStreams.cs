namespace MeetOperator.Srtp;

/// <summary>
/// The streams of one direction by SSRC, in bounded memory. When there are too many, the least recently used one is evicted; only its
/// position remains, which prevents indexes from being accepted or used twice. Every operation takes constant time, also for a peer that opens many streams.
/// </summary>
internal sealed class SrtpStreams(int maximumActive)
{
    /// <summary>
    /// Factor between the streams with full state and all streams of a session, whose positions must be kept. A browser opens few streams in a call.
    /// </summary>
    private const int TotalStreamsFactor = 16;

    private readonly Dictionary<uint, LinkedListNode<SrtpStream>> _streams = [];
    private readonly Dictionary<uint, SrtpStreamPosition> _evicted = [];

    /// <summary>The streams in the order of their last use. Packets come in bursts, so the last one is looked at first.</summary>
    private readonly LinkedList<SrtpStream> _order = new();

    /// <summary>Whether three quarters of all streams of a session are used up.</summary>
    internal bool IsNearLimit => 4 * (_streams.Count + _evicted.Count) >= 3 * maximumActive * TotalStreamsFactor;

    /// <summary>Finds a stream with full state. Does not count as a use, because a received packet may be forged.</summary>
    internal LinkedListNode<SrtpStream>? Find(uint ssrc) =>
        _order.Last is { } last && last.Value.Ssrc == ssrc ? last : _streams.GetValueOrDefault(ssrc);

    /// <summary>Makes a stream the most recently used one.</summary>
    internal void MarkUsed(LinkedListNode<SrtpStream> node)
    {
        if (_order.Last != node)
        {
            _order.Remove(node);
            _order.AddLast(node);
        }
    }

    /// <summary>Gets the start position of a stream without state. False when the maximum number of streams is reached.</summary>
    internal bool CanOpen(uint ssrc, out SrtpStreamPosition position) =>
        _evicted.TryGetValue(ssrc, out position) || _streams.Count + _evicted.Count < maximumActive * TotalStreamsFactor;

    internal SrtpStream Open(uint ssrc, in SrtpStreamPosition position)
    {
        _evicted.Remove(ssrc);
        if (_streams.Count >= maximumActive && _order.First is { } oldest)
        {
            _order.Remove(oldest);
            _streams.Remove(oldest.Value.Ssrc);
            _evicted[oldest.Value.Ssrc] = oldest.Value.Position;
        }

        var stream = new SrtpStream(ssrc, position);
        _streams.Add(ssrc, _order.AddLast(stream));
        return stream;
    }
}
