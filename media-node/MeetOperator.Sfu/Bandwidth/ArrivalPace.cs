namespace MeetOperator.Sfu.Bandwidth;

/// <summary>
/// Compares how fast packets arrive with how fast they were sent, over about half a second. When they keep up, the line carries all that is sent, and a queue is only the trace of
/// a burst, such as a key frame.
/// </summary>
internal struct ArrivalPace
{
    private const long WindowTicks = 500 * TimeSpan.TicksPerMillisecond;
    private const long SampleTicks = 40 * TimeSpan.TicksPerMillisecond;
    private const int Samples = 16; // more than the window holds
    private const double Tolerance = 1.15;
    private const long ToleranceTicks = 20 * TimeSpan.TicksPerMillisecond;
    private const long RecentTicks = 200 * TimeSpan.TicksPerMillisecond;
    private const long MaxReorderingTicks = TimeSpan.TicksPerSecond;
    private Ring _ring;
    private long _bytes;
    private int _next;
    private int _count;

    /// <summary>Whether packets arrive more slowly than they were sent.</summary>
    public readonly bool IsBehind
    {
        get
        {
            if (_count < 2)
            {
                return true;
            }

            var (oldest, newest) = Window(WindowTicks);
            return newest.Arrival - oldest.Arrival > ((newest.Sent - oldest.Sent) * Tolerance) + ToleranceTicks;
        }
    }

    /// <summary>
    /// Whether the packets of the last 200 ms took more than twice as long to arrive as to be sent. Without the longest gap: a path that has become longer makes one.
    /// </summary>
    public readonly bool IsFarBehind
    {
        get
        {
            var newest = _ring[(_next + Samples - 1) % Samples];
            var (later, gap, gapSent) = (newest, 0L, 0L);
            for (var age = 2; age <= _count && newest.Arrival - later.Arrival < RecentTicks; age++)
            {
                var earlier = _ring[(_next + Samples - age) % Samples];
                (gap, gapSent) = later.Arrival - earlier.Arrival > gap ? (later.Arrival - earlier.Arrival, later.Sent - earlier.Sent) : (gap, gapSent);
                later = earlier;
            }

            return newest.Arrival - later.Arrival - gap > 2 * (newest.Sent - later.Sent - gapSent);
        }
    }

    /// <summary>Whether the packets of the last 200 ms arrived faster than they were sent: they were held up before, and a queue drains.</summary>
    public readonly bool IsAhead
    {
        get
        {
            var (oldest, newest) = Window(RecentTicks);
            return newest.Sent - oldest.Sent > ((newest.Arrival - oldest.Arrival) * Tolerance) + ToleranceTicks;
        }
    }

    /// <summary>What arrived in the last 200 ms, in bits per second; 0 if unknown.</summary>
    public readonly long RecentBitsPerSecond
    {
        get
        {
            var (oldest, newest) = Window(RecentTicks);
            var elapsed = newest.Arrival - oldest.Arrival;
            return elapsed < RecentTicks ? 0 : (newest.Bytes - oldest.Bytes) * 8 * TimeSpan.TicksPerSecond / elapsed;
        }
    }

    public void OnArrival(long sentTicks, long arrivalTicks, int bytes)
    {
        _bytes += bytes;
        var sinceLast = arrivalTicks - _ring[(_next + Samples - 1) % Samples].Arrival;
        if (_count > 0 && sinceLast is < SampleTicks and > -MaxReorderingTicks)
        {
            return;
        }

        _count = sinceLast <= -MaxReorderingTicks ? 0 : _count; // the client's clock has been set back

        _ring[_next] = new Sample(sentTicks, arrivalTicks, _bytes);
        _next = (_next + 1) % Samples;
        _count = Math.Min(Samples, _count + 1);
    }

    /// <summary>The newest sample, and the youngest one that is at least this much older.</summary>
    private readonly (Sample Oldest, Sample Newest) Window(long ticks)
    {
        var newest = _ring[(_next + Samples - 1) % Samples];
        var oldest = newest;
        for (var age = 2; age <= _count && newest.Arrival - oldest.Arrival < ticks; age++)
        {
            oldest = _ring[(_next + Samples - age) % Samples];
        }

        return (oldest, newest);
    }

    private readonly record struct Sample(long Sent, long Arrival, long Bytes);

    [System.Runtime.CompilerServices.InlineArray(Samples)]
    private struct Ring
    {
        private Sample _first;
    }
}
