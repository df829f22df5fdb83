namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>The current objects of one resource, ordered by namespace and name. Guarded by the store's lock.</summary>
internal sealed class ObjectTable
{
    private readonly SortedDictionary<string, SortedDictionary<string, StoredObject>> _namespaces = new(StringComparer.Ordinal);

    private readonly Queue<StoreEvent> _changes = new();
    private long _compactedVersion;

    public int Count { get; private set; }

    public int CountIn(string ns) => _namespaces.TryGetValue(ns, out var objects) ? objects.Count : 0;

    /// <summary>
    /// Adds a change to the history, from which earlier states are reconstructed. Beyond <paramref name="capacity"/>, the oldest change is dropped.
    /// </summary>
    public void RecordChange(StoreEvent change, int capacity)
    {
        _changes.Enqueue(change);
        if (_changes.Count > capacity)
        {
            _compactedVersion = _changes.Dequeue().Version;
        }
    }

    /// <summary>The objects at a version; null if the history no longer reaches that far back.</summary>
    public List<StoredObject>? SnapshotAt(string? ns, long version)
    {
        if (version < _compactedVersion)
        {
            return null;
        }

        var later = _changes.Where(c => c.Version > version && (ns is null || c.Object.Key.Namespace == ns)).ToList();
        if (later.Count == 0)
        {
            return Snapshot(ns);
        }

        var then = Snapshot(ns).ToDictionary(o => o.Key);
        for (var i = later.Count - 1; i >= 0; i--)
        {
            then.Remove(later[i].Object.Key);
            if (later[i].Previous is { } previous)
            {
                then[previous.Key] = previous;
            }
        }

        return [.. then.Values.OrderBy(o => o.Key.Namespace ?? string.Empty, StringComparer.Ordinal).ThenBy(o => o.Key.Name, StringComparer.Ordinal)];
    }

    public StoredObject? Get(string? ns, string name) =>
        _namespaces.TryGetValue(ns ?? string.Empty, out var objects) && objects.TryGetValue(name, out var found) ? found : null;

    public void Set(StoredObject stored)
    {
        var ns = stored.Key.Namespace ?? string.Empty;
        if (!_namespaces.TryGetValue(ns, out var objects))
        {
            _namespaces[ns] = objects = new(StringComparer.Ordinal);
        }

        if (!objects.ContainsKey(stored.Key.Name))
        {
            Count++;
        }

        objects[stored.Key.Name] = stored;
    }

    public void Remove(string? ns, string name)
    {
        if (_namespaces.TryGetValue(ns ?? string.Empty, out var objects) && objects.Remove(name))
        {
            Count--;
            if (objects.Count == 0)
            {
                _namespaces.Remove(ns ?? string.Empty);
            }
        }
    }

    /// <summary>All objects, or the objects of one namespace, in order.</summary>
    public List<StoredObject> Snapshot(string? ns)
    {
        if (ns is not null)
        {
            return _namespaces.TryGetValue(ns, out var objects) ? [.. objects.Values] : [];
        }

        var all = new List<StoredObject>(Count);
        foreach (var objects in _namespaces.Values)
        {
            all.AddRange(objects.Values);
        }

        return all;
    }
}
