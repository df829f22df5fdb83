namespace MeetOperator.Sfu.Layers;

/// <summary>
/// A rate measured in intervals of about a second. Screens and cameras at rest need little, and much at the next movement, so the rate falls slowly. A key frame is spread over about a
/// minute: it is sent as a whole whatever the line takes, and the rate is that of the time after it. A stream of which each resumption costs a key frame would otherwise be paused by it.
/// </summary>
internal struct MeasuredRate
{
    private const int FallShare = 8;
    private const int KeyFrameShare = 64;

    /// <summary>Key frames in so many intervals in a row are no exception: the stream has nothing else, and they count as what they are.</summary>
    private const int MaxKeyFrameIntervals = 3;
    private long _bytes;
    private long _keyFrameBytes;
    private long _spreadBytes;
    private int _keyFrameIntervals;

    /// <summary>0 when it is not known.</summary>
    public long BytesPerSecond { get; private set; }

    public void Add(int bytes, bool isKeyFrame)
    {
        if (isKeyFrame)
        {
            _keyFrameBytes += bytes;
        }
        else
        {
            _bytes += bytes;
        }
    }

    /// <summary>Ends an interval of the measurement. With a length of 0 ticks, it is not used.</summary>
    public void EndInterval(long ticks)
    {
        if (ticks > 0)
        {
            _keyFrameIntervals = _keyFrameBytes > 0 ? _keyFrameIntervals + 1 : 0;
            if (_keyFrameIntervals > MaxKeyFrameIntervals)
            {
                _bytes += _keyFrameBytes;
            }
            else
            {
                _spreadBytes += _keyFrameBytes;
            }

            var spread = _spreadBytes / KeyFrameShare;
            _spreadBytes -= spread;
            BytesPerSecond = Math.Max((long)((Int128)(_bytes + spread) * TimeSpan.TicksPerSecond / ticks), BytesPerSecond - (BytesPerSecond / FallShare));
        }

        (_bytes, _keyFrameBytes) = (0, 0);
    }
}
