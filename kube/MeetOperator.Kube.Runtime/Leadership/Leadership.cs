namespace MeetOperator.Kube.Runtime;

/// <summary>One term of leading.</summary>
public sealed class Leadership
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _renewDeadline;
    private long _renewedAt;

    internal Leadership(int fence, TimeProvider time, TimeSpan renewDeadline, long renewedAt, CancellationToken lost)
    {
        Fence = fence;
        _time = time;
        _renewDeadline = renewDeadline;
        _renewedAt = renewedAt;
        Lost = lost;
    }

    /// <summary>Grows with every term of any leader (the Lease's leaseTransitions): whoever is told a smaller number than before refuses.</summary>
    public int Fence { get; }

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

    internal void Renewed(long at) => Interlocked.Exchange(ref _renewedAt, at);
}
