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

    private readonly long MinIntervalTicks => _urgent > 0 ? JoinIntervalTicks : IntervalTicks;

    private long _lastTicks;
    private bool _hasRequested;
    private int _urgent;

    /// <summary>Records that a subscriber needs a key frame.</summary>
    public void Request(bool urgent)
    {
        IsPending = true;
        _urgent = urgent ? MaxUrgentRequests : _urgent;
    }

    public bool IsPending { readonly get; private set; }

    /// <summary>When the next request is due; <see cref="long.MaxValue"/> when no key frame is needed.</summary>
    public readonly long NextTimeoutTicks => !IsPending ? long.MaxValue : _hasRequested ? _lastTicks + MinIntervalTicks : long.MinValue;

    /// <summary>Clears the request because a key frame arrived.</summary>
    public void OnKeyFrame() => (IsPending, _urgent) = (false, 0);

    /// <summary>Returns true, and records a request, when a request is due.</summary>
    public bool TryTakeRequest(long nowTicks)
    {
        if (!IsPending || (_hasRequested && nowTicks - _lastTicks < MinIntervalTicks))
        {
            return false;
        }

        (_hasRequested, _urgent, _lastTicks) = (true, Math.Max(0, _urgent - 1), nowTicks);
        return true;
    }
}
