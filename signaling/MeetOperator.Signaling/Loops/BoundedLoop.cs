namespace MeetOperator.Signaling.Loops;

/// <summary>Runs posted actions one at a time, and rejects actions while a maximum number of them is queued or running. Posting is thread-safe.</summary>
internal sealed class BoundedLoop(int maximum, Action<Exception> onFailure) : IAsyncDisposable
{
    private readonly SessionLoop _loop = new(onFailure);
    private int _waiting;

    /// <summary>Queues an action. Returns false if the maximum is reached or the loop has ended.</summary>
    public bool TryPost(Func<Task> action)
    {
        if (Interlocked.Increment(ref _waiting) <= maximum && _loop.Post(() => RunAsync(action)))
        {
            return true;
        }

        Interlocked.Decrement(ref _waiting);
        return false;
    }

    /// <summary>Completes after all actions that were already posted.</summary>
    public ValueTask DisposeAsync() => _loop.DisposeAsync();

    private async Task RunAsync(Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
