namespace MeetOperator.Sfu.Layers;

/// <summary>
/// Limits the key frame requests to a publisher: at most one for each interval, regardless of the number of subscribers. A request that comes
/// too early is delayed until the interval ends. Requests repeat until a key frame arrives, and become rare while the publisher sends nothing at all.
/// </summary>
internal struct KeyFrameRequestThrottle
{
    /// <summary>Time between two requests after a subscriber lost the picture.</summary>
    public const long IntervalTicks = TimeSpan.TicksPerSecond;

    /// <summary>Time between two requests while a new subscriber waits for its first picture.</summary>
    public const long JoinIntervalTicks = TimeSpan.TicksPerSecond / 4;

    /// <summary>Number of requests at the shorter interval for a new subscriber. Browsers ignore a request that follows a key frame closely.</summary>
    private const int MaxUrgentRequests = 6;

    /// <summary>Number of requests without any packet before the intervals double, and how often they do: to eight seconds.</summary>
    private const int PatientRequests = 3;
    private const int MaxDoublings = 3;

    private long _lastTicks;
    private long _packetsBefore;
    private bool _hasRequested;
    private int _urgent;
    private int _unheard;

    /// <summary>Records that a subscriber needs a key frame.</summary>
    public void Request(bool urgent)
    {
        IsPending = true;
        if (urgent)
        {
            (_urgent, _unheard) = (MaxUrgentRequests, 0);
        }
    }

    public bool IsPending { readonly get; private set; }

    /// <summary>When the next request is due; <see cref="long.MaxValue"/> when no key frame is needed.</summary>
    /// <param name="packets">Number of packets that the publisher has sent.</param>
    public readonly long NextTimeoutTicks(long packets) => !IsPending ? long.MaxValue : _hasRequested ? _lastTicks + IntervalAfter(packets) : long.MinValue;

    /// <summary>Clears the request because a key frame arrived.</summary>
    public void OnKeyFrame() => (IsPending, _urgent) = (false, 0);

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
        (_hasRequested, _urgent, _lastTicks, _packetsBefore) = (true, Math.Max(0, _urgent - 1), nowTicks, packets);
        return true;
    }

    private readonly long IntervalAfter(long packets) =>
        _urgent > 0 ? JoinIntervalTicks : packets == _packetsBefore ? IntervalTicks << Math.Max(0, _unheard - PatientRequests) : IntervalTicks;
}
