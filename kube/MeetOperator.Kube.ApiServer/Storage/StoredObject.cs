using System.Collections.Frozen;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>
/// One version of one object. The tree is shared: clone it before changing it. The bytes are the
/// response body and are serialized once per version for all readers.
/// </summary>
internal sealed class StoredObject
{
    private static readonly FrozenDictionary<string, string> NoLabels = FrozenDictionary<string, string>.Empty;
    private JsonObject? _root;

    public StoredObject(ObjectKey key, long version, JsonObject root, byte[]? json = null)
    {
        Key = key;
        Version = version;
        _root = root;
        Json = json ?? JsonText.ToBytes(root);
        var metadata = root.Object("metadata");
        Uid = metadata.Text("uid") ?? string.Empty;
        IsTerminating = metadata.Text("deletionTimestamp") is not null;
        Labels = ReadLabels(metadata.Object("labels"));
        OwnerUids = metadata.Array("ownerReferences") is { } owners ? [.. owners.Select(owner => (owner as JsonObject).Text("uid")).OfType<string>()] : [];
    }

    public ObjectKey Key { get; }
    public long Version { get; }
    public byte[] Json { get; }
    public string Uid { get; }

    /// <summary>metadata.deletionTimestamp is set.</summary>
    public bool IsTerminating { get; }
    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>The uids in metadata.ownerReferences.</summary>
    public IReadOnlyList<string> OwnerUids { get; }

    /// <summary>The shared tree. After <see cref="Retire"/>, each access parses it again.</summary>
    public JsonObject Root => _root ?? (JsonObject)JsonText.Parse(Json)!;

    /// <summary>Releases the tree after a newer version was stored. The bytes stay for the watch history.</summary>
    public void Retire() => _root = null;

    private static IReadOnlyDictionary<string, string> ReadLabels(JsonObject? labels)
    {
        if (labels is null || labels.Count == 0)
        {
            return NoLabels;
        }

        var result = new Dictionary<string, string>(labels.Count);
        foreach (var (name, value) in labels)
        {
            result[name] = value.AsText() ?? string.Empty;
        }

        return result;
    }
}

/// <summary>The key of an object: table (plural.group), namespace (null for cluster scope), and name.</summary>
internal readonly record struct ObjectKey(string Table, string? Namespace, string Name)
{
    public override string ToString() => Namespace is null ? $"{Table}/{Name}" : $"{Table}/{Namespace}/{Name}";
}
