using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>What the files of a store say, gathered record by record at start.</summary>
internal sealed class LoadedObjects
{
    private readonly Dictionary<ObjectKey, StoredObject> _objects = [];

    public IReadOnlyCollection<StoredObject> Objects => _objects.Values;

    public long LastVersion { get; private set; }

    /// <summary>Changes of objects that were applied; marks do not count.</summary>
    public int Changes { get; private set; }

    public void Apply(byte kind, long version, ObjectKey key, ReadOnlySpan<byte> json)
    {
        LastVersion = Math.Max(LastVersion, version);
        if (kind is not (JournalRecord.Put or JournalRecord.Delete))
        {
            return;
        }

        Changes++;
        if (_objects.TryGetValue(key, out var known) && known.Version >= version)
        {
            return; // A snapshot may show changes that its log repeats.
        }

        if (kind == JournalRecord.Delete)
        {
            _objects.Remove(key);
        }
        else if (JsonText.Parse(json) is JsonObject root)
        {
            _objects[key] = new StoredObject(key, version, root, json.ToArray());
        }
    }
}
