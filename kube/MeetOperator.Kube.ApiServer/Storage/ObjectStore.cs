using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>
/// All objects in memory under one lock, one version counter, and a journal that makes each change durable before it is
/// acknowledged or seen by a watch. Trees handed in are owned by the store afterwards.
/// </summary>
internal sealed class ObjectStore : IAsyncDisposable
{
    /// <summary>Added on restart, so that versions that were read but not yet durable are never given twice.</summary>
    private const long RestartGap = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ObjectTable> _tables = [];
    private readonly IJournal _journal;
    private long _version;

    /// <summary>How tables were before this version is not known.</summary>
    private long _floor;

    private readonly int _history;

    private ObjectStore(IJournal journal, WatchHub hub, int history)
    {
        _journal = journal;
        _history = history;
        Hub = hub;
    }

    public WatchHub Hub { get; }

    public OwnerIndex Owners { get; } = new();

    /// <summary>Called under the lock for each change, in order; must be quick and not call back.</summary>
    public Action<StoreEvent>? Changed { get; set; }

    /// <summary>Objects that lists have shown since start: what the work of the server grows with.</summary>
    public long ObjectsListed { get; private set; }

    public long Version => Volatile.Read(ref _version);

    /// <summary>Loads what <paramref name="directory"/> holds, or starts empty in memory when it is null.</summary>
    public static ObjectStore Open(string? directory, int watchHistory, ILogger? logger = null)
    {
        var hub = new WatchHub(watchHistory);
        if (directory is null)
        {
            return new ObjectStore(new MemoryJournal(hub), hub, watchHistory) { _version = 1 }.Start(loaded: 1);
        }

        var journal = FileJournal.Open(directory, hub, logger ?? NullLogger.Instance, out var loaded);
        var lastVersion = loaded.LastVersion;
        var store = new ObjectStore(journal, hub, watchHistory);
        foreach (var stored in loaded.Objects)
        {
            store.Table(stored.Key.Table).Set(stored);
            store.Owners.Update(null, stored);
        }

        store._version = lastVersion == 0 ? 1 : lastVersion + RestartGap;
        store._floor = store._version;
        journal.StartCommitting(store.Capture);
        return store.Start(Math.Max(1, lastVersion));
    }

    public StoredObject? Get(ObjectKey key)
    {
        lock (_lock)
        {
            return _tables.TryGetValue(key.Table, out var table) ? table.Get(key.Namespace, key.Name) : null;
        }
    }

    /// <summary>The objects of a table in order, with the version that they show.</summary>
    public (List<StoredObject> Objects, long Version) List(string table, string? ns)
    {
        lock (_lock)
        {
            List<StoredObject> objects = _tables.TryGetValue(table, out var found) ? found.Snapshot(ns) : [];
            ObjectsListed += objects.Count;
            return (objects, _version);
        }
    }

    /// <summary>The objects of a table as they were at a version, in order; null when that is forgotten.</summary>
    public List<StoredObject>? ListAt(string table, string? ns, long version)
    {
        lock (_lock)
        {
            return version < _floor ? null : _tables.TryGetValue(table, out var found) ? found.SnapshotAt(ns, version) : [];
        }
    }

    /// <summary>Forgets everything that was before now: pages of older lists and watches from older versions are refused.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            _floor = _version;
            Hub.Compact(_version);
        }
    }

    /// <summary>
    /// Shows every object of a table in another shape from now on, as a new schema reads it: the version stays, and nothing is written.
    /// <paramref name="shape"/> changes the tree that it is given, which is not shared.
    /// </summary>
    public void Reshape(string table, Action<JsonObject> shape)
    {
        lock (_lock)
        {
            foreach (var stored in _tables.TryGetValue(table, out var found) ? found.Snapshot(null) : [])
            {
                var root = (JsonObject)stored.Root.DeepClone();
                shape(root);
                if (!JsonNodes.Same(root, stored.Root))
                {
                    found!.Set(new StoredObject(stored.Key, stored.Version, root));
                }
            }
        }
    }

    /// <summary>How many objects a table has, in all or in one namespace.</summary>
    public int Count(string table, string? ns = null)
    {
        lock (_lock)
        {
            return !_tables.TryGetValue(table, out var found) ? 0 : ns is null ? found.Count : found.CountIn(ns);
        }
    }

    /// <summary>
    /// Stores <paramref name="root"/> when the current version is still <paramref name="expected"/> (null: must not exist);
    /// null when it is not. The task of the result ends when the change is durable.
    /// </summary>
    public (StoredObject Stored, Task Durable)? TryPut(ObjectKey key, StoredObject? expected, JsonObject root)
    {
        lock (_lock)
        {
            var table = Table(key.Table);
            var current = table.Get(key.Namespace, key.Name);
            if (!ReferenceEquals(current, expected))
            {
                return null;
            }

            var stored = Stamp(key, root);
            table.Set(stored);
            return (stored, Commit(new StoreEvent(stored, current, Deleted: false)));
        }
    }

    /// <summary>Removes the object when its current version is still <paramref name="expected"/>; null when it is not.</summary>
    public (StoredObject Stored, Task Durable)? TryDelete(StoredObject expected)
    {
        var root = (JsonObject)expected.Root.DeepClone();
        lock (_lock)
        {
            var table = Table(expected.Key.Table);
            if (!ReferenceEquals(table.Get(expected.Key.Namespace, expected.Key.Name), expected))
            {
                return null;
            }

            table.Remove(expected.Key.Namespace, expected.Key.Name);
            var last = Stamp(expected.Key, root);
            return (last, Commit(new StoreEvent(last, expected, Deleted: true)));
        }
    }

    public async ValueTask DisposeAsync() => await _journal.DisposeAsync();

    private StoredObject Stamp(ObjectKey key, JsonObject root)
    {
        var version = _version + 1;
        root.Ensure("metadata")["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture);
        var stored = new StoredObject(key, version, root);
        Volatile.Write(ref _version, version);
        return stored;
    }

    private Task Commit(StoreEvent change)
    {
        Owners.Update(change.Previous, change.Deleted ? null : change.Object);
        Table(change.Object.Key.Table).Remember(change, _history);
        var durable = _journal.Append(change);
        Changed?.Invoke(change);
        change.Previous?.Retire();
        if (change.Deleted)
        {
            change.Object.Retire();
        }

        return durable;
    }

    private List<StoredObject> Capture()
    {
        lock (_lock)
        {
            return [.. _tables.Values.SelectMany(t => t.Snapshot(null))];
        }
    }

    private ObjectTable Table(string name)
    {
        if (!_tables.TryGetValue(name, out var table))
        {
            _tables[name] = table = new ObjectTable();
        }

        return table;
    }

    private ObjectStore Start(long loaded)
    {
        Hub.StartAt(loaded, _version);
        return this;
    }
}
