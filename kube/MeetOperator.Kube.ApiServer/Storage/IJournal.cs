namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>Makes changes durable in the order in which they are appended, then publishes them to watches.</summary>
internal interface IJournal : IAsyncDisposable
{
    /// <summary>Called under the store's lock; the task ends when the change is durable and published.</summary>
    Task Append(StoreEvent change);
}
