using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Metadata;
using MeetOperator.Kube.ApiServer.Writes;

namespace MeetOperator.Kube.ApiServer.FieldManagement;

/// <summary>Reads and writes metadata.managedFields, and records the ownership of writes other than apply.</summary>
internal static class ManagedFields
{
    /// <summary>Maximum number of Update entries; the oldest are merged into one, so that the list stays bounded.</summary>
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

    /// <summary>
    /// Makes the writer the owner of the fields in which <paramref name="root"/> differs from <paramref name="old"/>. Changes the entries
    /// in <paramref name="root"/> in place, because a write leaves most of them untouched.
    /// </summary>
    public static void Record(JsonObject? old, JsonObject root, WriteRequest write, DateTimeOffset now)
    {
        var metadata = root.Ensure("metadata");
        var list = metadata.Array("managedFields");
        if (list is [JsonObject { Count: 0 }])
        {
            metadata.Remove("managedFields"); // A client resets all ownership by writing a list with one empty entry.
            return;
        }

        if (list is null)
        {
            metadata["managedFields"] = list = (JsonArray?)old?.Object("metadata").Array("managedFields")?.DeepClone() ?? [];
        }

        var (changed, removed) = FieldSetBuilder.Compare(old ?? [], root, write.Resource.Schema);
        if (old is null && write.Resource is { HasStatus: true, IsCustom: true })
        {
            changed.Remove("f:status"); // At creation the status contains only schema defaults, which have no owner.
        }

        var recorded = false;
        for (var i = list.Count - 1; i >= 0; i--)
        {
            if (list[i] is not JsonObject node || node.Object("fieldsV1") is not { } fields)
            {
                list.RemoveAt(i);
                continue;
            }

            var left = FieldSet.Intersects(fields, removed) ? FieldSet.Difference(fields, removed) : fields;
            if (IsUpdateOf(node, write))
            {
                recorded = true;
                if (!FieldSet.IsEmpty(changed))
                {
                    left = FieldSet.Union(left, changed);
                    node["time"] = Timestamps.Format(now);
                }
            }
            else if (FieldSet.Intersects(left, changed))
            {
                left = FieldSet.Difference(left, changed);
            }

            if (FieldSet.IsEmpty(left))
            {
                list.RemoveAt(i);
            }
            else if (!ReferenceEquals(left, fields))
            {
                node["fieldsV1"] = left;
            }
        }

        if (!recorded && !FieldSet.IsEmpty(changed))
        {
            list.Add(new ManagedFieldsEntry(write.FieldManager, "Update", write.Resource.ApiVersion, Timestamps.Format(now), SubresourceOf(write), changed).ToJson());
            Fold(root);
        }

        if (list.Count == 0)
        {
            metadata.Remove("managedFields");
        }
    }

    private static string SubresourceOf(WriteRequest write) => write.OwnershipSubresource ?? write.Subresource;

    private static bool IsUpdateOf(JsonObject entry, WriteRequest write) =>
        entry.Text("operation") == "Update" && entry.Text("manager") == write.FieldManager
        && (entry.Text("subresource") ?? string.Empty) == SubresourceOf(write) && entry.Text("apiVersion") == write.Resource.ApiVersion;

    private static void Fold(JsonObject root)
    {
        var entries = Read(root);
        var updaters = entries.Where(e => e.Operation == "Update").OrderBy(e => e.Time, StringComparer.Ordinal).ToList();
        if (updaters.Count <= MaxUpdaters)
        {
            return;
        }

        var oldest = updaters.Take(updaters.Count - MaxUpdaters + 1).ToList();
        var folded = oldest.Aggregate(new JsonObject(), (set, entry) => FieldSet.Union(set, entry.Fields));
        Write(root, [oldest[^1] with { Manager = Ancient, Subresource = string.Empty, Fields = folded }, .. entries.Except(oldest)]);
    }
}
