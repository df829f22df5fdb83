namespace MeetOperator.MediaNode.Loops;

/// <summary>Measures the longest time in the last ten seconds during which a loop did not read its socket although it was not idle.</summary>
internal sealed class PauseMeter
{
    private const int Windows = 10;
    private readonly long[] _longest = new long[Windows];
    private long _window;
    private long _turnTicks;
    private long _waitedTicks;

    public long LongestTicks
    {
        get
        {
            var longest = 0L;
            foreach (var ticks in _longest)
            {
                longest = Math.Max(longest, ticks);
            }

            return longest;
        }
    }

    /// <summary>Records idle time, which does not count as a pause.</summary>
    public void RecordWait(long ticks) => _waitedTicks += ticks;

    /// <summary>Records the start of an iteration, in which the loop reads its socket.</summary>
    public void RecordIteration(long nowTicks)
    {
        var pause = _turnTicks == 0 ? 0 : nowTicks - _turnTicks - _waitedTicks;
        (_turnTicks, _waitedTicks) = (nowTicks, 0);
        for (var window = nowTicks / TimeSpan.TicksPerSecond; _window < window; _window++)
        {
            if (window - _window > Windows)
            {
                _window = window - Windows;
            }

            _longest[(_window + 1) % Windows] = 0;
        }

        ref var longest = ref _longest[_window % Windows];
        longest = Math.Max(longest, pause);
    }
}
