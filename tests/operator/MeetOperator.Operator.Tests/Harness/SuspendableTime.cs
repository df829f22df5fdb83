namespace MeetOperator.Operator.Tests.Harness;

/// <summary>
/// The clock of a clusterNode that can be suspended: meanwhile its timers do not fire and its monotonic clock stands still, so that a process on it does not
/// notice; the wall clock goes on. What came due fires at <see cref="Resume"/>.
/// </summary>
internal sealed class SuspendableTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<(TimerCallback Callback, object? State)> _due = [];
    private long _stoodStill;
    private long? _suspendedAt;

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
