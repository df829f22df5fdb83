namespace MeetOperator.Signaling.Media;

/// <summary>A call of a member that waits at most once in its queue, because it uses the state at the time when it runs. Thread-safe.</summary>
internal sealed class QueuedOnce(MemberCalls calls, Func<Task> call)
{
    private bool _isQueued;

    /// <summary>Queues the call, unless it is queued already.</summary>
    public void Post()
    {
        if (!Interlocked.Exchange(ref _isQueued, true))
        {
            calls.Post(() =>
            {
                Volatile.Write(ref _isQueued, false);
                return call();
            });
        }
    }
}
