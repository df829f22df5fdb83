namespace MeetOperator.Sfu.Layers;

/// <summary>
/// A rate measured in intervals of about a second. Screens and cameras at rest need little, and much at the next movement, so the rate falls slowly. A key frame is spread over about a
/// minute: it is sent as a whole whatever the line takes, and the rate is that of the time after it. A stream of which each resumption costs a key frame would otherwise be paused by it.
/// </summary>
internal struct MeasuredRate
{
    private const int FallShare = 8;
    private const int KeyFrameShare = 64;
    private long _bytes;
    private long _keyFrameBytes;

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
            var spread = _keyFrameBytes / KeyFrameShare;
            _keyFrameBytes -= spread;
            BytesPerSecond = Math.Max((long)((Int128)(_bytes + spread) * TimeSpan.TicksPerSecond / ticks), BytesPerSecond - (BytesPerSecond / FallShare));
        }
        else
        {
            _keyFrameBytes = 0;
        }

        _bytes = 0;
    }
}
