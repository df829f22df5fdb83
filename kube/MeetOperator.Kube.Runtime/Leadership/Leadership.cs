namespace MeetOperator.Kube.Runtime;

/// <summary>One term of leading.</summary>
public sealed class Leadership
{
    /// <summary>
    /// No number is raised beyond it by <see cref="RaiseAbove"/>: whoever claims to have seen a huge one must not use up the numbers that further terms need.
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

    /// <summary>Grows with every term of any leader (the Lease's leaseTransitions): whoever is told a smaller number than before refuses.</summary>
    public int Fence => _fence;

    /// <summary>Cancelled when leading ends, before anybody else may lead.</summary>
    public CancellationToken Lost { get; }

    /// <summary>
    /// Whether we may act now. Looks at the clock and not only at <see cref="Lost"/>, since a process that was suspended runs on before its timers fire.
    /// </summary>
    public bool IsHeld => !Lost.IsCancellationRequested && _time.GetElapsedTime(Interlocked.Read(ref _renewedAt)) < _renewDeadline;

    /// <summary>Give it to <c>KubeClientOptions.BeforeWrite</c> to keep a former leader from writing.</summary>
    /// <exception cref="LeadershipLostException">We do not lead any more.</exception>
    public void ThrowIfLost()
    {
        if (!IsHeld)
        {
            throw new LeadershipLostException(Fence);
        }
    }

    /// <summary>
    /// Somebody whom we tell our number has seen a higher one. While we hold the Lease that can only be the number of a Lease that was deleted and made anew:
    /// the next renewal raises ours above it, so that we need not be refused for ever. Without effect from <see cref="HighestRaise"/> on.
    /// </summary>
    public void RaiseAbove(long seen)
    {
        int floor;
        while (seen is >= 0 and < HighestRaise && (floor = _floor) <= seen)
        {
            Interlocked.CompareExchange(ref _floor, (int)seen + 1, floor);
        }
    }

    /// <summary>The least number that the next renewal may write.</summary>
    internal int Floor => _floor;

    internal void Renewed(long at, int fence)
    {
        _fence = fence;
        Interlocked.Exchange(ref _renewedAt, at);
    }
}
