using System.Threading.Channels;
using MeetOperator.Kube.Runtime.Metrics;

namespace MeetOperator.Kube.Runtime.Queues;

/// <summary>
/// A queue of keys to process. A key waits at most once and is processed by one worker at a time. A key that is added while it is being processed
/// is queued again afterward. Take a key, process it, then call <see cref="Done"/>. Thread-safe.
/// </summary>
internal sealed class WorkQueue<TKey> : IDisposable
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly WorkQueueOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Channel<TKey> _ready = Channel.CreateUnbounded<TKey>();
    private readonly Dictionary<TKey, long> _waiting = [];
    private readonly HashSet<TKey> _working = [];
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly DelayedKeys<TKey> _delayed;
    private bool _closed;

    public WorkQueue(WorkQueueOptions? options = null, TimeProvider? time = null, Random? random = null)
    {
        _options = options ?? new WorkQueueOptions();
        _time = time ?? TimeProvider.System;
        _random = random ?? new Random();
        _delayed = new DelayedKeys<TKey>(_time, Add);
    }

    /// <summary>Number of waiting keys, without delayed keys and keys in process.</summary>
    public int Depth
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Number of keys that <see cref="AddAfter"/> delays.</summary>
    public int DelayedCount => _delayed.Count;

    /// <summary>Adds a key. If the key is being processed, it is queued again after <see cref="Done"/>.</summary>
    public void Add(TKey key)
    {
        lock (_gate)
        {
            if (_closed || !_waiting.TryAdd(key, _time.GetTimestamp()))
            {
                return;
            }

            KubeMetrics.DepthChanged(_options.Name, 1);
            if (!_working.Contains(key))
            {
                _ready.Writer.TryWrite(key);
            }
        }
    }

    /// <summary>Adds a key after a delay. Of several delays for one key, the earliest applies. Taking the key earlier cancels the delay.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
        }
        else
        {
            _delayed.Schedule(key, delay);
        }
    }

    /// <summary>Records a failure of the key, adds it after its backoff, and returns the delay.</summary>
    public TimeSpan AddRateLimited(TKey key)
    {
        TimeSpan delay;
        lock (_gate)
        {
            var failures = _failures.GetValueOrDefault(key) + 1;
            _failures[key] = failures;
            delay = Backoff.Delay(failures, _options.MinBackoff, _options.MaxBackoff, _random);
        }

        AddAfter(key, delay);
        return delay;
    }

    /// <summary>Number of failures of the key since the last <see cref="Forget"/>.</summary>
    public int Failures(TKey key)
    {
        lock (_gate)
        {
            return _failures.GetValueOrDefault(key);
        }
    }

    /// <summary>Resets the failure count of a key after a success.</summary>
    public void Forget(TKey key)
    {
        lock (_gate)
        {
            _failures.Remove(key);
        }
    }

    /// <summary>Waits for a key that no other worker is processing.</summary>
    /// <exception cref="ChannelClosedException">The queue was shut down.</exception>
    public async ValueTask<TKey> TakeAsync(CancellationToken ct)
    {
        var key = await _ready.Reader.ReadAsync(ct).ConfigureAwait(false);
        lock (_gate)
        {
            _working.Add(key);
            if (_waiting.Remove(key, out var since))
            {
                KubeMetrics.DepthChanged(_options.Name, -1);
                KubeMetrics.RecordQueueAge(_options.Name, _time.GetElapsedTime(since));
            }
        }

        // A reconcile reads the whole state, so it also covers the delayed request.
        _delayed.Cancel(key);
        return key;
    }

    /// <summary>Marks a taken key as processed.</summary>
    public void Done(TKey key)
    {
        lock (_gate)
        {
            if (_working.Remove(key) && _waiting.ContainsKey(key))
            {
                _ready.Writer.TryWrite(key);
            }
        }
    }

    /// <summary>Rejects further keys. Workers get the waiting keys, then a <see cref="ChannelClosedException"/>.</summary>
    public void ShutDown()
    {
        lock (_gate)
        {
            _closed = true;
            _ready.Writer.TryComplete();
        }
    }

    public void Dispose()
    {
        ShutDown();
        _delayed.Dispose();
        lock (_gate)
        {
            KubeMetrics.DepthChanged(_options.Name, -_waiting.Count);
            _waiting.Clear();
        }
    }
}
