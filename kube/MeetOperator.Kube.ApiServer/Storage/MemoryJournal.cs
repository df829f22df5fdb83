namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>A journal without storage: every change is published at once.</summary>
internal sealed class MemoryJournal(WatchHub hub) : IJournal
{
    public Task Append(StoreEvent change)
    {
        hub.Publish(change);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
