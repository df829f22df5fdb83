using MeetOperator.Sfu.Egress;

namespace MeetOperator.MediaNode.Egress;

/// <summary>
/// What waits for one TCP connection. It is bounded in bytes and time, so that a slow reader costs memory and delays nobody else: from a short queue on, no new video begins, and a longer one also
/// cuts off a key frame. Sound and reports overtake video and have space of their own. Does no I/O; used by one loop.
/// </summary>
/// <param name="urgentSlabs">Memory for urgent packets, in pieces of <see cref="UrgentBytes"/>.</param>
/// <param name="videoSlabs">Memory for video, in pieces of <see cref="VideoBytes"/>.</param>
internal sealed class StreamQueue(SlabPool urgentSlabs, SlabPool videoSlabs)
{
    /// <summary>Sound of several participants for seconds.</summary>
    public const int UrgentBytes = 64 * 1024;
    public const int VideoBytes = 320 * 1024;

    /// <summary>Video that waits when no more begins. Its sender paces it to the line, so that usually less waits.</summary>
    public const int CongestedBytes = 96 * 1024;

    /// <summary>What waits when it is offered to the kernel before the next flush, so that a free connection never seems congested.</summary>
    public const int FlushBytes = CongestedBytes / 2;

    /// <summary>Video that waits when also a key frame is cut off. The rest of <see cref="VideoBytes"/> is for what is being sent when that happens.</summary>
    public const int FullBytes = 256 * 1024;

    /// <summary>Video begins again when less waits, so that it does not stop again at once.</summary>
    private const int FreeBytes = 16 * 1024;

    /// <summary>How long video may wait before no more begins.</summary>
    public const long CongestedTicks = 200 * TimeSpan.TicksPerMillisecond;

    /// <summary>How long it may wait before a key frame is cut off.</summary>
    public const long FullTicks = 1500 * TimeSpan.TicksPerMillisecond;
    private readonly FrameBuffer _urgent = new(urgentSlabs, UrgentBytes);
    private readonly FrameBuffer _video = new(videoSlabs, VideoBytes);

    /// <summary>A place in the video, and when it was the end. It shows how long video waits.</summary>
    private long _markedAt;
    private long _markedTicks;
    private bool _isMarked;
    private bool _isCongested;

    public bool IsEmpty => _urgent.IsEmpty && _video.IsEmpty;

    public int Bytes => _urgent.Bytes + _video.Bytes;

    /// <summary>The memory that it takes.</summary>
    public int RentedBytes => _urgent.RentedBytes + _video.RentedBytes;

    /// <summary>Whether the connection takes video.</summary>
    public EgressPressure PressureAt(long nowTicks)
    {
        var (bytes, wait) = (_video.Bytes, _isMarked ? nowTicks - _markedTicks : 0);
        if (bytes >= FullBytes || wait >= FullTicks)
        {
            _isCongested = true;
            return EgressPressure.Full;
        }

        _isCongested = bytes >= CongestedBytes || wait >= CongestedTicks || (_isCongested && bytes >= FreeBytes);
        return _isCongested ? EgressPressure.Congested : EgressPressure.None;
    }

    /// <summary>Returns a buffer for a packet of at most <paramref name="length"/> bytes, valid until <see cref="Commit"/>; empty when there is no space.</summary>
    public Span<byte> Reserve(StreamLane lane, int length) => Of(lane).Reserve(length);

    /// <summary>Adds the packet in the reserved buffer. 0 means that no packet was written.</summary>
    public void Commit(StreamLane lane, int length) => Of(lane).Commit(length);

    /// <summary>What to send next, in this order.</summary>
    public void Peek(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second, out ReadOnlySpan<byte> third)
    {
        first = _video.Begun;
        second = _urgent.Waiting;
        third = _video.Waiting[first.Length..];
    }

    /// <summary>The first <paramref name="bytes"/> of what <see cref="Peek"/> returned were sent. Returns the number of packets that are complete with them.</summary>
    public int OnSent(long nowTicks, long bytes)
    {
        var begun = Math.Min(bytes, _video.Begun.Length);
        var urgent = Math.Min(bytes - begun, _urgent.Bytes);
        var packets = _video.Remove(begun) + _urgent.Remove(urgent) + _video.Remove(bytes - begun - urgent);
        _isMarked &= _video.Sent < _markedAt;
        if (!_isMarked && !_video.IsEmpty)
        {
            (_isMarked, _markedAt, _markedTicks) = (true, _video.Added, nowTicks);
        }

        return packets;
    }

    /// <summary>Drops everything.</summary>
    public void Clear()
    {
        _urgent.Clear();
        _video.Clear();
        (_isMarked, _isCongested) = (false, false);
    }

    private FrameBuffer Of(StreamLane lane) => lane == StreamLane.Urgent ? _urgent : _video;
}
