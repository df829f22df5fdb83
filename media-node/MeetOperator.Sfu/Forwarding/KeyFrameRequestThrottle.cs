namespace MeetOperator.Sfu.Forwarding;

/// <summary>
/// Decides when a key frame is asked of a publisher, however many subscribers want one: at most once an interval, a request that came too
/// early is kept until the interval is over, and one is repeated as long as no key frame came.
/// </summary>
public struct KeyFrameRequestThrottle
{
    /// <summary>Between two requests when a subscriber lost the picture.</summary>
    public const long IntervalTicks = TimeSpan.TicksPerSecond;

    /// <summary>Between two requests when somebody joined and sees nothing yet.</summary>
    public const long JoinIntervalTicks = TimeSpan.TicksPerSecond / 4;

    private long _lastTicks;
    private bool _asked;
    private bool _urgent;

    /// <summary>Somebody needs a key frame.</summary>
    public void Want(bool urgent)
    {
        IsWanted = true;
        _urgent |= urgent;
    }

    public bool IsWanted { get; private set; }

    /// <summary>A key frame came: whoever waited has it.</summary>
    public void KeyFrameSeen() => (IsWanted, _urgent) = (false, false);

    /// <summary>True when a request goes out now.</summary>
    public bool ShouldAsk(long nowTicks)
    {
        if (!IsWanted || (_asked && nowTicks - _lastTicks < (_urgent ? JoinIntervalTicks : IntervalTicks)))
        {
            return false;
        }

        (_asked, _urgent, _lastTicks) = (true, false, nowTicks);
        return true;
    }
}
