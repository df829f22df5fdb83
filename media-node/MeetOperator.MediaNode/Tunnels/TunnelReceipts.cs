namespace MeetOperator.MediaNode.Tunnels;

/// <summary>
/// When to tell the other end of a tunnel how much has arrived: with the first 16 KiB, or 20 ms after the first byte. An acknowledgement of each message would cost as much as the messages themselves.
/// Safe for concurrent use; one caller waits.
/// </summary>
internal sealed class TunnelReceipts : IAsyncDisposable
{
    public const int MaxBytes = 16 * 1024;

    /// <summary>Little beside the 100 ms that a window accepts (<see cref="TunnelWindow.QueueTicks"/>).</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromMilliseconds(20);
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _due = new(0);
    private readonly ITimer _timer;
    private long _received;
    private long _told;

    public TunnelReceipts(TimeProvider time) => _timer = time.CreateTimer(_ => _due.Release(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>So many bytes have arrived.</summary>
    public void Add(int bytes)
    {
        lock (_lock)
        {
            var waiting = _received - _told;
            _received += bytes;
            if (waiting < MaxBytes && waiting + bytes >= MaxBytes)
            {
                _due.Release();
            }
            else if (waiting == 0 && bytes > 0)
            {
                _timer.Change(MaxDelay, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Waits until the other end should be told. Returns the number of bytes that have arrived so far.</summary>
    public async Task<long> NextAsync(CancellationToken ct)
    {
        while (true)
        {
            await _due.WaitAsync(ct).ConfigureAwait(false);
            lock (_lock)
            {
                if (_told < _received)
                {
                    return _told = _received;
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        _due.Dispose();
    }
}
