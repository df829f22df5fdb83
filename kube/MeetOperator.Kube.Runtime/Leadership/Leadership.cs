namespace MeetOperator.Kube.Runtime.Leadership;

/// <summary>One term of leadership.</summary>
public sealed class Leadership
{
    /// <summary>
    /// The limit of <see cref="RaiseAbove"/>: a peer that reports a huge number must not use up the numbers of future terms.
    /// </summary>
    public const int HighestRaise = 1_000_000_000;
    private readonly TimeProvider _time;
    private readonly TimeSpan _renewDeadline;
    private long _renewedAt;
    private volatile int _fence;
    private volatile int _floor;

    internal Leadership(int fence, TimeProvider time, TimeSpan renewDeadline, long renewedAt, CancellationToken lost)
    {
        _fence = fence;
        _time = time;
        _renewDeadline = renewDeadline;
        _renewedAt = renewedAt;
        Lost = lost;
    }

    /// <summary>The fencing number (leaseTransitions of the Lease), which grows with every term of any leader. Receivers reject smaller numbers.</summary>
    public int Fence => _fence;

    /// <summary>Cancelled when the term ends, before another process may lead.</summary>
    public CancellationToken Lost { get; }

    /// <summary>
    /// Whether this process may act as leader now. Checks the clock in addition to <see cref="Lost"/>, because a suspended process resumes before its
    /// timers fire.
    /// </summary>
    public bool IsHeld => !Lost.IsCancellationRequested && _time.GetElapsedTime(Interlocked.Read(ref _renewedAt)) < _renewDeadline;

    /// <summary>Set it as <c>KubeClientOptions.BeforeWrite</c> to prevent writes of a former leader.</summary>
    /// <exception cref="LeadershipLostException">This process is no longer the leader.</exception>
    public void ThrowIfLost()
    {
        if (!IsHeld)
        {
            throw new LeadershipLostException(Fence);
        }
    }

    /// <summary>
    /// Call this when a receiver rejects <see cref="Fence"/> because it has observed a higher number. While this process holds the Lease, that number
    /// must come from an earlier Lease that was deleted. The next renewal raises the number above it. Values from <see cref="HighestRaise"/> on have
    /// no effect.
    /// </summary>
    public void RaiseAbove(long seen)
    {
        int floor;
        while (seen is >= 0 and < HighestRaise && (floor = _floor) <= seen)
        {
            Interlocked.CompareExchange(ref _floor, (int)seen + 1, floor);
        }
    }

    /// <summary>The minimum number for the next renewal.</summary>
    internal int Floor => _floor;

    internal void Renewed(long at, int fence)
    {
        _fence = fence;
        Interlocked.Exchange(ref _renewedAt, at);
    }
}
