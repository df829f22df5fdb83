using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>The content of the store files, built record by record at startup.</summary>
internal sealed class LoadedObjects
{
    private readonly Dictionary<ObjectKey, StoredObject> _objects = [];

    public IReadOnlyCollection<StoredObject> Objects => _objects.Values;

    public long LastVersion { get; private set; }

    /// <summary>Number of applied object changes, without marks.</summary>
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
            return; // A snapshot may already contain changes that the log repeats.
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
