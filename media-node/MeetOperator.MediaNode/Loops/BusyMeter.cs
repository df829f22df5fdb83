namespace MeetOperator.MediaNode.Loops;

/// <summary>Measures in windows of one second the share of time that a loop works, and its egress bit rate.</summary>
internal sealed class BusyMeter
{
    private const long WindowTicks = TimeSpan.TicksPerSecond;
    private long _windowStart;
    private long _idle;
    private long _bytesAtStart;
    private double _average;

    /// <summary>Moving average of <see cref="Busy"/> over about four windows. Readable from any thread.</summary>
    public double Average => Volatile.Read(ref _average);

    /// <summary>The share of the last complete window, 0 to 1.</summary>
    public double Busy { get; private set; }

    public long BitsPerSecond { get; private set; }

    public void RecordWait(long ticks) => _idle += ticks;

    /// <summary>Closes the current window when it has ended. <paramref name="sentBytes"/> is the total since the loop started.</summary>
    public void Update(long nowTicks, long sentBytes)
    {
        var length = nowTicks - _windowStart;
        if (length < WindowTicks)
        {
            return;
        }

        Busy = _windowStart == 0 ? 0 : Math.Clamp(1 - ((double)_idle / length), 0, 1);
        BitsPerSecond = _windowStart == 0 ? 0 : (long)((sentBytes - _bytesAtStart) * 8.0 * TimeSpan.TicksPerSecond / length);
        Volatile.Write(ref _average, _average + ((Busy - _average) / 4));
        (_windowStart, _idle, _bytesAtStart) = (nowTicks, 0, sentBytes);
    }
}
