namespace MeetOperator.Signaling.Media;

/// <summary>
/// Calls to a media node that a member moves away from. They run beside the queue of the member, which must not wait for a node that may be gone: one at a time, and of several waiting
/// ones of a kind only the last. Thread-safe.
/// </summary>
internal sealed class FormerCalls
{
    private readonly Lock _gate = new();

    /// <summary>The calls that wait, in the order in which the first of each kind came.</summary>
    private readonly OrderedDictionary<string, Func<Task>> _waiting = [];
    private bool _isRunning;

    /// <summary>Makes a call after the earlier ones, in place of one of the same kind that waits.</summary>
    /// <param name="kind">The kind of the call.</param>
    /// <param name="call">The call. Handles its failures.</param>
    public void Run(string kind, Func<Task> call)
    {
        lock (_gate)
        {
            _waiting[kind] = call;
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        _ = RunAllAsync();
    }

    private async Task RunAllAsync()
    {
        while (Take() is { } call)
        {
            await call().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Func<Task>? Take()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _isRunning = false;
                return null;
            }

            var (_, first) = _waiting.GetAt(0);
            _waiting.RemoveAt(0);
            return first;
        }
    }
}
