namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>
/// One committed change. <paramref name="Object"/> is the new version, or the last one (with the deletion's version) when
/// <paramref name="Deleted"/>; <paramref name="Previous"/> is null on create.
/// </summary>
internal sealed record StoreEvent(StoredObject Object, StoredObject? Previous, bool Deleted)
{
    public long Version => Object.Version;
}
