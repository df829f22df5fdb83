using System.Threading.Channels;

namespace MeetOperator.Kube.Runtime;

/// <summary>
/// Keys that need work. A key waits at most once, is handed to one taker at a time, and comes again when it was added while it was worked on.
/// Take, work, then call <see cref="Done"/>. Safe for use from many threads.
/// </summary>
public sealed class WorkQueue<TKey> : IDisposable
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

    /// <summary>Keys that wait, without those that are delayed or being worked on.</summary>
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

    /// <summary>Keys that <see cref="AddAfter"/> holds back.</summary>
    public int DelayedCount => _delayed.Count;

    /// <summary>Asks for work on a key. While the key is worked on, it comes again after <see cref="Done"/>.</summary>
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

    /// <summary>Adds a key later. Of several delays of one key the earliest counts; when the key is taken before, the delay is forgotten.</summary>
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

    /// <summary>Adds a key that failed once more, after its backoff, and returns the wait.</summary>
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

    /// <summary>How often the key has failed since it was last forgotten.</summary>
    public int Failures(TKey key)
    {
        lock (_gate)
        {
            return _failures.GetValueOrDefault(key);
        }
    }

    /// <summary>The key succeeded: its next failure is a first one.</summary>
    public void Forget(TKey key)
    {
        lock (_gate)
        {
            _failures.Remove(key);
        }
    }

    /// <summary>Waits for a key that no one works on.</summary>
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
                KubeMetrics.Waited(_options.Name, _time.GetElapsedTime(since));
            }
        }

        // Work looks at the whole state, so an older request to look again later is served by it.
        _delayed.Cancel(key);
        return key;
    }

    /// <summary>Ends the work on a key that was taken.</summary>
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

    /// <summary>Takes no more keys; takers get what waits, then a <see cref="ChannelClosedException"/>.</summary>
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
