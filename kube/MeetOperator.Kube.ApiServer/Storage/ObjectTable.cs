namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>The current objects of one resource, ordered by namespace and name. Guarded by the store's lock.</summary>
internal sealed class ObjectTable
{
    private readonly SortedDictionary<string, SortedDictionary<string, StoredObject>> _namespaces = new(StringComparer.Ordinal);

    public int Count { get; private set; }

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

    /// <summary>All objects, or those of one namespace, in order.</summary>
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
