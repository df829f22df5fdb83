namespace MeetOperator.Sfu.Layers;

/// <summary>
/// Limits the key frame requests to a publisher: at most one for each interval, regardless of the number of subscribers. A request that comes
/// too early is delayed until the interval ends. Requests repeat until a key frame arrives.
/// </summary>
internal struct KeyFrameRequestThrottle
{
    /// <summary>Time between two requests after a subscriber lost the picture.</summary>
    public const long IntervalTicks = TimeSpan.TicksPerSecond;

    /// <summary>Time between two requests while a new subscriber waits for its first picture.</summary>
    public const long JoinIntervalTicks = TimeSpan.TicksPerSecond / 4;

    /// <summary>Number of requests at the shorter interval for a new subscriber. Browsers ignore a request that follows a key frame closely.</summary>
    private const int MaxUrgentRequests = 6;

    private long _lastTicks;
    private bool _hasRequested;
    private int _urgent;

    /// <summary>Records that a subscriber needs a key frame.</summary>
    public void Request(bool urgent)
    {
        IsPending = true;
        _urgent = urgent ? MaxUrgentRequests : _urgent;
    }

    public bool IsPending { get; private set; }

    /// <summary>Clears the request because a key frame arrived.</summary>
    public void OnKeyFrame() => (IsPending, _urgent) = (false, 0);

    /// <summary>Returns true, and records a request, when a request is due.</summary>
    public bool TryTakeRequest(long nowTicks)
    {
        if (!IsPending || (_hasRequested && nowTicks - _lastTicks < (_urgent > 0 ? JoinIntervalTicks : IntervalTicks)))
        {
            return false;
        }

        (_hasRequested, _urgent, _lastTicks) = (true, Math.Max(0, _urgent - 1), nowTicks);
        return true;
    }
}
