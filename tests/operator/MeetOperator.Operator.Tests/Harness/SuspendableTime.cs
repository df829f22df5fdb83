namespace MeetOperator.Operator.Tests.Harness;

/// <summary>
/// The clock of a host that can be suspended. While suspended, timers do not fire and the monotonic clock stops, so that a process does not
/// notice it; the wall clock continues. Due timers fire at <see cref="Resume"/>.
/// </summary>
internal sealed class SuspendableTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<(TimerCallback Callback, object? State)> _due = [];
    private long _stoodStill;
    private long? _suspendedAt;

    /// <summary>For how long the host has been suspended; zero while it runs.</summary>
    public TimeSpan SuspendedFor
    {
        get
        {
            lock (_gate)
            {
                return _suspendedAt is { } since ? System.GetElapsedTime(since) : TimeSpan.Zero;
            }
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return (_suspendedAt ?? System.GetTimestamp()) - _stoodStill;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => System.CreateTimer(
        _ =>
        {
            lock (_gate)
            {
                if (_suspendedAt is not null)
                {
                    _due.Add((callback, state));
                    return;
                }
            }

            callback(state);
        },
        null,
        dueTime,
        period);

    public void Suspend()
    {
        lock (_gate)
        {
            _suspendedAt ??= System.GetTimestamp();
        }
    }

    public void Resume()
    {
        (TimerCallback Callback, object? State)[] due;
        lock (_gate)
        {
            _stoodStill += System.GetTimestamp() - (_suspendedAt ?? System.GetTimestamp());
            _suspendedAt = null;
            due = [.. _due];
            _due.Clear();
        }

        foreach (var (callback, state) in due)
        {
            ThreadPool.QueueUserWorkItem(_ => callback(state));
        }
    }
}
