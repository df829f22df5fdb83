using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Lifecycle;

namespace MeetOperator.Kube.ApiServer.Apply;

/// <summary>metadata.managedFields: who wrote which field, kept for writers that do not apply.</summary>
internal static class ManagedFields
{
    /// <summary>More writers than this are folded into one entry, so that the list cannot grow without end.</summary>
    private const int MaxUpdaters = 10;
    private const string Ancient = "ancient-changes";

    public static List<ManagedFieldsEntry> Read(JsonObject? root) =>
        [.. (root.Object("metadata").Array("managedFields") ?? []).OfType<JsonObject>().Select(ManagedFieldsEntry.Read).OfType<ManagedFieldsEntry>()];

    public static void Write(JsonObject root, IEnumerable<ManagedFieldsEntry> entries)
    {
        var list = new JsonArray([.. entries.Where(e => !FieldSet.IsEmpty(e.Fields)).Select(e => (JsonNode)e.ToJson())]);
        var metadata = root.Ensure("metadata");
        metadata.Remove("managedFields");
        if (list.Count > 0)
        {
            metadata["managedFields"] = list;
        }
    }

    /// <summary>Gives the fields in which <paramref name="root"/> differs from <paramref name="old"/> to the writer.</summary>
    public static void Record(JsonObject? old, JsonObject root, WriteRequest write, DateTimeOffset now)
    {
        var schema = write.Resource.Schema;
        JsonObject changed;
        JsonObject removed = [];
        if (old is null)
        {
            changed = FieldSetBuilder.Of(root, schema);
        }
        else
        {
            (changed, removed) = FieldSetBuilder.Compare(old, root, schema);
            if (WasCleared(root))
            {
                Write(root, []);
                return;
            }
        }

        if (FieldSet.IsEmpty(changed) && FieldSet.IsEmpty(removed))
        {
            Copy(old, root);
            return;
        }

        var entries = Read(old);
        var own = entries.Find(e => e.IsUpdateOf(write));
        var result = new List<ManagedFieldsEntry>(entries.Count + 1);
        foreach (var entry in entries)
        {
            var left = FieldSet.IsEmpty(removed) ? entry.Fields : FieldSet.Difference(entry.Fields, removed);
            result.Add(entry with { Fields = entry == own || FieldSet.IsEmpty(changed) ? left : FieldSet.Difference(left, changed) });
        }

        if (!FieldSet.IsEmpty(changed))
        {
            var at = own is null ? -1 : entries.IndexOf(own);
            var mine = at < 0 ? ManagedFieldsEntry.UpdateBy(write) : result[at];
            mine = mine with { Fields = FieldSet.Union(mine.Fields, changed), Time = Timestamps.Format(now) };
            if (at < 0)
            {
                result.Add(mine);
            }
            else
            {
                result[at] = mine;
            }
        }

        Write(root, Fold(result));
    }

    /// <summary>A client drops all ownership by writing a list with one empty entry.</summary>
    private static bool WasCleared(JsonObject root) => root.Object("metadata").Array("managedFields") is [JsonObject { Count: 0 }];

    private static void Copy(JsonObject? old, JsonObject root)
    {
        var metadata = root.Ensure("metadata");
        metadata.Remove("managedFields");
        if (old?.Object("metadata")?["managedFields"] is { } managed)
        {
            metadata["managedFields"] = managed.DeepClone();
        }
    }

    private static List<ManagedFieldsEntry> Fold(List<ManagedFieldsEntry> entries)
    {
        var updaters = entries.Where(e => e.Operation == "Update" && !FieldSet.IsEmpty(e.Fields)).OrderBy(e => e.Time, StringComparer.Ordinal).ToList();
        if (updaters.Count <= MaxUpdaters)
        {
            return entries;
        }

        var oldest = updaters.Take(updaters.Count - MaxUpdaters + 1).ToList();
        var folded = oldest.Aggregate(new JsonObject(), (set, entry) => FieldSet.Union(set, entry.Fields));
        return [oldest[^1] with { Manager = Ancient, Subresource = string.Empty, Fields = folded }, .. entries.Except(oldest)];
    }
}
