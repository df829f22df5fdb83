namespace MeetOperator.Sfu.Layers;

/// <summary>
/// Limits the key frame requests to a publisher to one a second on average, regardless of the number of subscribers. A request that comes
/// too early is delayed. Requests repeat until a key frame arrives, and become rare while the publisher sends nothing at all.
/// </summary>
internal struct KeyFrameRequestThrottle
{
    /// <summary>Time between two requests after a subscriber lost the picture.</summary>
    public const long IntervalTicks = TimeSpan.TicksPerSecond;

    /// <summary>Shortest time between two requests while a new subscriber waits for its first picture.</summary>
    public const long UrgentIntervalTicks = TimeSpan.TicksPerSecond / 4;

    /// <summary>Number of requests at the shorter interval after a time without requests. Browsers ignore a request that follows a key frame closely.</summary>
    private const int Burst = 3;

    /// <summary>Number of requests without any packet before the intervals double, and how often they do: to eight seconds.</summary>
    private const int PatientRequests = 3;
    private const int MaxDoublings = 3;

    private long _lastTicks;
    private long _paidTicks;
    private long _packetsBefore;
    private bool _hasRequested;
    private bool _isUrgent;
    private int _unheard;

    /// <summary>Records that a subscriber needs a key frame.</summary>
    public void Request(bool urgent)
    {
        IsPending = true;
        if (urgent)
        {
            (_isUrgent, _unheard) = (true, 0);
        }
    }

    public bool IsPending { readonly get; private set; }

    /// <summary>When the next request is due; <see cref="long.MaxValue"/> when no key frame is needed.</summary>
    /// <param name="packets">Number of packets that the publisher has sent.</param>
    public readonly long NextTimeoutTicks(long packets) => !IsPending ? long.MaxValue : _hasRequested ? NextTicks(packets) : long.MinValue;

    /// <summary>Clears the request because a key frame arrived.</summary>
    public void OnKeyFrame() => (IsPending, _isUrgent) = (false, false);

    /// <summary>Returns true, and records a request, when a request is due.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="packets">Number of packets that the publisher has sent.</param>
    public bool TryTakeRequest(long nowTicks, long packets)
    {
        if (NextTimeoutTicks(packets) > nowTicks)
        {
            return false;
        }

        _unheard = packets == _packetsBefore ? Math.Min(_unheard + 1, PatientRequests + MaxDoublings) : 0;
        _paidTicks = Math.Max(_paidTicks, nowTicks) + IntervalTicks;
        (_hasRequested, _lastTicks, _packetsBefore) = (true, nowTicks, packets);
        return true;
    }

    /// <summary>Each request pays for a second (<see cref="_paidTicks"/>); urgent ones may be ahead of that by <see cref="Burst"/>.</summary>
    private readonly long NextTicks(long packets) => packets == _packetsBefore && _unheard >= PatientRequests
        ? _lastTicks + (IntervalTicks << (_unheard - PatientRequests))
        : Math.Max(_lastTicks + (_isUrgent ? UrgentIntervalTicks : IntervalTicks), _paidTicks - ((Burst - 1) * IntervalTicks));
}
