namespace MeetOperator.Signaling.Media;

/// <summary>
/// Calls to a media node that a member moves away from. They run beside the queue of the member, which must not wait for a node that may be gone: one at a time, and of several waiting
/// ones of a kind only the last. Thread-safe.
/// </summary>
internal sealed class FormerCalls
{
    /// <summary>How long canceled calls are waited for. They end at once, unless the machine is busy.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();

    /// <summary>The calls that wait, in the order in which the first of each kind came, and what cancels them.</summary>
    private readonly OrderedDictionary<string, (Func<CancellationToken, Task> Call, CancellationToken Canceled)> _waiting = [];
    private CancellationTokenSource _canceled = new();

    /// <summary>Completes when no call is in progress or waits; null then.</summary>
    private TaskCompletionSource? _running;

    /// <summary>Makes a call after the earlier ones, in place of one of the same kind that waits.</summary>
    /// <param name="kind">The kind of the call.</param>
    /// <param name="call">The call. Handles its failures. Its token may be canceled when it begins.</param>
    public void Run(string kind, Func<CancellationToken, Task> call)
    {
        lock (_gate)
        {
            _waiting[kind] = (call, _canceled.Token);
            if (_running is not null)
            {
                return;
            }

            _running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _ = RunAllAsync();
    }

    /// <summary>Cancels the calls so far, because the member no longer moves away from the node: what follows reaches it directly. Completes when they have ended.</summary>
    public Task CancelAsync()
    {
        lock (_gate)
        {
            if (_running is null)
            {
                return Task.CompletedTask;
            }

            _ = _canceled.CancelAsync();
            _canceled = new CancellationTokenSource();
            return _running.Task;
        }
    }

    /// <summary>Cancels the calls so far, and does not wait long for their end.</summary>
    public async Task CancelAsync(TimeProvider time) => await CancelAsync().WaitAsync(Patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task RunAllAsync()
    {
        while (Take() is { } next)
        {
            await next.Call(next.Canceled).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private (Func<CancellationToken, Task> Call, CancellationToken Canceled)? Take()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _running!.SetResult();
                _running = null;
                return null;
            }

            var (_, first) = _waiting.GetAt(0);
            _waiting.RemoveAt(0);
            return first;
        }
    }
}
