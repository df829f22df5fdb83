namespace MeetOperator.MediaNode.Loops;

/// <summary>The largest value of the last ten seconds.</summary>
internal sealed class RecentMaximum
{
    private const int Windows = 10;
    private readonly long[] _largest = new long[Windows];
    private long _window;

    public long Value
    {
        get
        {
            var largest = 0L;
            foreach (var value in _largest)
            {
                largest = Math.Max(largest, value);
            }

            return largest;
        }
    }

    /// <summary>Forgets values that are too old.</summary>
    public void Advance(long nowTicks)
    {
        for (var window = nowTicks / TimeSpan.TicksPerSecond; _window < window; _window++)
        {
            if (window - _window > Windows)
            {
                _window = window - Windows;
            }

            _largest[(_window + 1) % Windows] = 0;
        }
    }

    public void Record(long nowTicks, long value)
    {
        Advance(nowTicks);
        ref var largest = ref _largest[_window % Windows];
        largest = Math.Max(largest, value);
    }
}
