namespace MeetOperator.Kube.Runtime.Queues;

/// <summary>Keys with a due time, on one timer. Each key has one entry with its earliest time.</summary>
internal sealed class DelayedKeys<TKey> : IDisposable
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly Action<TKey> _due;
    private readonly Dictionary<TKey, TimeSpan> _dueTimes = [];
    private readonly PriorityQueue<TKey, TimeSpan> _order = new();
    private readonly ITimer _timer;
    private bool _disposed;

    public DelayedKeys(TimeProvider time, Action<TKey> due)
    {
        _time = time;
        _due = due;
        _origin = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Release(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Time since construction. Unlike the wall clock, it never jumps.</summary>
    private TimeSpan Now => _time.GetElapsedTime(_origin);

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _dueTimes.Count;
            }
        }
    }

    public void Schedule(TKey key, TimeSpan delay)
    {
        lock (_gate)
        {
            var due = Now + delay;
            if (_disposed || (_dueTimes.TryGetValue(key, out var earlier) && earlier <= due))
            {
                return;
            }

            _dueTimes[key] = due;
            _order.Enqueue(key, due);
            Arm();
        }
    }

    public void Cancel(TKey key)
    {
        lock (_gate)
        {
            // The entry in the priority queue is skipped when it becomes due.
            _dueTimes.Remove(key);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _dueTimes.Clear();
            _order.Clear();
        }

        _timer.Dispose();
    }

    private void Release()
    {
        var released = new List<TKey>();
        lock (_gate)
        {
            var now = Now;
            while (_order.TryPeek(out var key, out var due) && due <= now)
            {
                _order.Dequeue();
                if (_dueTimes.TryGetValue(key, out var wanted) && wanted == due)
                {
                    _dueTimes.Remove(key);
                    released.Add(key);
                }
            }

            Arm();
        }

        released.ForEach(_due);
    }

    private void Arm()
    {
        while (_order.TryPeek(out var key, out var due))
        {
            if (_dueTimes.TryGetValue(key, out var wanted) && wanted == due)
            {
                var wait = due - Now;

                // Round up, because timers count whole milliseconds and would fire too early. Limit to a day; longer waits arm the timer again.
                wait = TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 0, 86_400_000));
                _timer.Change(wait, Timeout.InfiniteTimeSpan);
                return;
            }

            _order.Dequeue();
        }
    }
}
