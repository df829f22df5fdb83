using MeetOperator.Kube.Metadata;

namespace MeetOperator.Kube.Runtime.Informers;

/// <summary>The objects of an informer by key and by index. Thread-safe; returned lists are snapshots.</summary>
internal sealed class InformerStore<T>
    where T : KubernetesObject
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NamespacedName, T> _items = [];
    private readonly Dictionary<string, InformerIndex<T>> _indexes = new(StringComparer.Ordinal);
    private T[]? _snapshot;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _items.Count;
            }
        }
    }

    public void AddIndex(string name, Func<T, IEnumerable<string>> keys)
    {
        lock (_gate)
        {
            var index = new InformerIndex<T>(keys);
            if (!_indexes.TryAdd(name, index))
            {
                throw new ArgumentException($"An index \"{name}\" already exists.", nameof(name));
            }

            foreach (var item in _items.Values)
            {
                index.Update(null, item);
            }
        }
    }

    public T? Get(NamespacedName key)
    {
        lock (_gate)
        {
            return _items.GetValueOrDefault(key);
        }
    }

    public IReadOnlyList<T> List()
    {
        lock (_gate)
        {
            return _snapshot ??= [.. _items.Values];
        }
    }

    public IReadOnlyList<T> ByIndex(string name, string key)
    {
        lock (_gate)
        {
            return _indexes.TryGetValue(name, out var index)
                ? index.Find(key)
                : throw new ArgumentException($"No index \"{name}\" exists; add it with AddIndex.", nameof(name));
        }
    }

    /// <summary>Stores an object. Returns null if the store already has this version.</summary>
    public InformerChange<T>? Put(T item)
    {
        lock (_gate)
        {
            var key = item.Metadata.NamespacedName;
            var old = _items.GetValueOrDefault(key);
            if (old is not null && old.Metadata.ResourceVersion is { } version && version == item.Metadata.ResourceVersion)
            {
                return null;
            }

            _items[key] = item;
            Reindex(old, item);
            return new InformerChange<T>(old is null ? InformerChangeType.Added : InformerChangeType.Modified, old, item);
        }
    }

    /// <summary>Removes an object. Returns null if it is not in the store. <paramref name="last"/> is its last state, if the server sent one.</summary>
    public InformerChange<T>? Remove(NamespacedName key, T? last = null)
    {
        lock (_gate)
        {
            if (!_items.Remove(key, out var old))
            {
                return null;
            }

            Reindex(old, null);
            return new InformerChange<T>(InformerChangeType.Deleted, last ?? old, null);
        }
    }

    /// <summary>
    /// Replaces the content with a new list. Reports deletions first, so that a recreated object appears as a deletion and an addition. Objects with
    /// a key in <paramref name="keep"/> stay.
    /// </summary>
    public List<InformerChange<T>> ReplaceAll(IEnumerable<T> items, IReadOnlySet<NamespacedName> keep)
    {
        var changes = new List<InformerChange<T>>();
        lock (_gate)
        {
            var fresh = items.ToDictionary(item => item.Metadata.NamespacedName);
            foreach (var (key, old) in _items.ToArray())
            {
                if (!keep.Contains(key) && (!fresh.TryGetValue(key, out var now) || now.Metadata.Uid != old.Metadata.Uid))
                {
                    changes.Add(Remove(key)!.Value);
                }
            }

            foreach (var item in fresh.Values)
            {
                if (Put(item) is { } change)
                {
                    changes.Add(change);
                }
            }
        }

        return changes;
    }

    private void Reindex(T? old, T? item)
    {
        _snapshot = null;
        foreach (var index in _indexes.Values)
        {
            index.Update(old, item);
        }
    }
}
