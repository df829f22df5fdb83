namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>Indexes objects by uid and by the uids of their owners. Thread-safe.</summary>
internal sealed class OwnerIndex
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ObjectKey> _byUid = [];
    private readonly Dictionary<string, HashSet<ObjectKey>> _dependents = [];

    public void Update(StoredObject? previous, StoredObject? current)
    {
        lock (_lock)
        {
            if (previous is not null)
            {
                foreach (var uid in previous.OwnerUids)
                {
                    if (_dependents.TryGetValue(uid, out var keys) && keys.Remove(previous.Key) && keys.Count == 0)
                    {
                        _dependents.Remove(uid);
                    }
                }

                if (current is null)
                {
                    _byUid.Remove(previous.Uid);
                }
            }

            if (current is not null)
            {
                _byUid[current.Uid] = current.Key;
                foreach (var uid in current.OwnerUids)
                {
                    if (!_dependents.TryGetValue(uid, out var keys))
                    {
                        _dependents[uid] = keys = [];
                    }

                    keys.Add(current.Key);
                }
            }
        }
    }

    public ObjectKey? Find(string uid)
    {
        lock (_lock)
        {
            return _byUid.TryGetValue(uid, out var key) ? key : null;
        }
    }

    public ObjectKey[] Dependents(string ownerUid)
    {
        lock (_lock)
        {
            return _dependents.TryGetValue(ownerUid, out var keys) ? [.. keys] : [];
        }
    }
}
