using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>
/// All objects in memory under one lock, with one version counter and a journal that makes each change durable before it is
/// acknowledged or published to watches. The store takes ownership of the trees that are passed to it.
/// </summary>
internal sealed class ObjectStore : IAsyncDisposable
{
    /// <summary>Added to the version on restart, so that versions that clients may have read before they were durable are not reused.</summary>
    private const long RestartGap = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ObjectTable> _tables = [];
    private readonly IJournal _journal;
    private long _version;

    /// <summary>The oldest version for which lists can be reconstructed.</summary>
    private long _oldestVersion;

    private readonly int _history;

    private ObjectStore(IJournal journal, WatchHub hub, int history)
    {
        _journal = journal;
        _history = history;
        Hub = hub;
    }

    public WatchHub Hub { get; }

    public OwnerIndex Owners { get; } = new();

    /// <summary>Called under the lock for each change, in order. Must be quick and must not call the store.</summary>
    public Action<StoreEvent>? Changed { get; set; }

    /// <summary>Total number of objects returned by lists since startup, a measure of the server's work.</summary>
    public long ObjectsListed { get; private set; }

    public long Version => Volatile.Read(ref _version);

    /// <summary>Loads the content of <paramref name="directory"/>. With null, starts an empty store in memory.</summary>
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
        store._oldestVersion = store._version;
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

    /// <summary>The objects of a table in order, and the resource version of the list.</summary>
    public (List<StoredObject> Objects, long Version) List(string table, string? ns)
    {
        lock (_lock)
        {
            List<StoredObject> objects = _tables.TryGetValue(table, out var found) ? found.Snapshot(ns) : [];
            ObjectsListed += objects.Count;
            return (objects, _version);
        }
    }

    /// <summary>The objects of a table at a version, in order; null if the history no longer reaches that far back.</summary>
    public List<StoredObject>? ListAt(string table, string? ns, long version)
    {
        lock (_lock)
        {
            return version < _oldestVersion ? null : _tables.TryGetValue(table, out var found) ? found.SnapshotAt(ns, version) : [];
        }
    }

    /// <summary>Discards the history: pages of earlier lists and watches from earlier versions get 410.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            _oldestVersion = _version;
            Hub.Compact(_version);
        }
    }

    /// <summary>
    /// Replaces every object of a table in memory with its transformed version, for example after a schema change. Versions stay the same, and
    /// the journal is not written. <paramref name="transform"/> changes the given tree, which is not shared.
    /// </summary>
    public void Transform(string table, Action<JsonObject> transform)
    {
        lock (_lock)
        {
            foreach (var stored in _tables.TryGetValue(table, out var found) ? found.Snapshot(null) : [])
            {
                var root = (JsonObject)stored.Root.DeepClone();
                transform(root);
                if (!JsonNodes.AreEqual(root, stored.Root))
                {
                    found!.Set(new StoredObject(stored.Key, stored.Version, root));
                }
            }
        }
    }

    /// <summary>The number of objects in a table, in total or in one namespace.</summary>
    public int Count(string table, string? ns = null)
    {
        lock (_lock)
        {
            return !_tables.TryGetValue(table, out var found) ? 0 : ns is null ? found.Count : found.CountIn(ns);
        }
    }

    /// <summary>
    /// Stores <paramref name="root"/> if the current object is still <paramref name="expected"/> (null: must not exist);
    /// otherwise returns null. The returned task completes when the change is durable.
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

    /// <summary>Removes the object if it is still <paramref name="expected"/>; otherwise returns null.</summary>
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
        Table(change.Object.Key.Table).RecordChange(change, _history);
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
