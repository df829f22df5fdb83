namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>
/// One change. <paramref name="Object"/> is the new state; if <paramref name="Deleted"/>, it is the last state with the version of the
/// deletion. <paramref name="Previous"/> is null for a new object.
/// </summary>
internal sealed record StoreEvent(StoredObject Object, StoredObject? Previous, bool Deleted)
{
    public long Version => Object.Version;
}
