namespace MeetOperator.MediaNode.Loops;

/// <summary>The longest time that a loop was busy, or kept from its work, without looking at its socket; of the last ten seconds.</summary>
internal sealed class PauseMeter
{
    private const int Windows = 10;
    private readonly long[] _longest = new long[Windows];
    private long _window;
    private long _turnTicks;
    private long _waited;

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

    /// <summary>Time that the loop slept of its own accord counts as no pause.</summary>
    public void Waited(long ticks) => _waited += ticks;

    /// <summary>The loop looks at its socket again.</summary>
    public void Turn(long nowTicks)
    {
        var pause = _turnTicks == 0 ? 0 : nowTicks - _turnTicks - _waited;
        (_turnTicks, _waited) = (nowTicks, 0);
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
