namespace MeetOperator.MediaNode.Loops;

/// <summary>Measures which share of the time a loop works instead of waiting, and what it sends, second by second.</summary>
internal sealed class BusyMeter
{
    private const long WindowTicks = TimeSpan.TicksPerSecond;
    private long _windowStart;
    private long _idle;
    private long _bytesAtStart;

    /// <summary>Of the last complete window, 0 to 1.</summary>
    public double Busy { get; private set; }

    public long BitsPerSecond { get; private set; }

    public void Waited(long ticks) => _idle += ticks;

    /// <summary>Closes the window when it is over.</summary>
    public void Update(long nowTicks, long sentBytes)
    {
        var length = nowTicks - _windowStart;
        if (length < WindowTicks)
        {
            return;
        }

        Busy = _windowStart == 0 ? 0 : Math.Clamp(1 - ((double)_idle / length), 0, 1);
        BitsPerSecond = _windowStart == 0 ? 0 : (long)((sentBytes - _bytesAtStart) * 8.0 * TimeSpan.TicksPerSecond / length);
        (_windowStart, _idle, _bytesAtStart) = (nowTicks, 0, sentBytes);
    }
}
