namespace MeetOperator.MediaNode.Loops;

/// <summary>The rate of one direction of a link in about the last second.</summary>
internal struct BitRate
{
    private const long WindowTicks = TimeSpan.TicksPerSecond;

    private long _bytes;
    private long _startTicks;

    /// <summary>In 1,000 bit/s, from the latest complete window.</summary>
    public int KilobitsPerSecond { get; private set; }

    public void Count(int bytes) => _bytes += bytes;

    /// <summary>Ends the window when it is long enough.</summary>
    public void Advance(long nowTicks)
    {
        var ticks = nowTicks - _startTicks;
        if (ticks < WindowTicks)
        {
            return;
        }

        KilobitsPerSecond = (int)(_bytes * 8 * TimeSpan.TicksPerMillisecond / ticks);
        (_bytes, _startTicks) = (0, nowTicks);
    }
}
