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

    /// <summary>How often a newcomer's request is repeated at the shorter interval: browsers leave one unanswered that comes soon after a key frame.</summary>
    private const int UrgentRequests = 6;

    private long _lastTicks;
    private bool _asked;
    private int _urgent;

    /// <summary>Somebody needs a key frame.</summary>
    public void Want(bool urgent)
    {
        IsWanted = true;
        _urgent = urgent ? UrgentRequests : _urgent;
    }

    public bool IsWanted { get; private set; }

    /// <summary>A key frame came: whoever waited has it.</summary>
    public void KeyFrameSeen() => (IsWanted, _urgent) = (false, 0);

    /// <summary>True when a request goes out now.</summary>
    public bool ShouldAsk(long nowTicks)
    {
        if (!IsWanted || (_asked && nowTicks - _lastTicks < (_urgent > 0 ? JoinIntervalTicks : IntervalTicks)))
        {
            return false;
        }

        (_asked, _urgent, _lastTicks) = (true, Math.Max(0, _urgent - 1), nowTicks);
        return true;
    }
}
