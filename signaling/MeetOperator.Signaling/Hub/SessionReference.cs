namespace MeetOperator.Signaling.Hub;

/// <summary>Keeps a session open until it is disposed.</summary>
internal sealed class SessionReference(MeetingSession session, Func<Task> release) : IAsyncDisposable
{
    private int _released;

    public MeetingSession Session { get; } = session;

    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _released, 1) == 0 ? new ValueTask(release()) : ValueTask.CompletedTask;
}
