namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>Makes changes durable in the order of their append calls, then publishes them to watches.</summary>
internal interface IJournal : IAsyncDisposable
{
    /// <summary>Called under the store's lock. The task completes when the change is durable and published.</summary>
    Task Append(StoreEvent change);
}
