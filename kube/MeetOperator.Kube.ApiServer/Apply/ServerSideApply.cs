using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Http;
using MeetOperator.Kube.ApiServer.Lifecycle;
using MeetOperator.Kube.ApiServer.Schema;
using MeetOperator.Kube.ApiServer.Storage;

namespace MeetOperator.Kube.ApiServer.Apply;

/// <summary>Server-side apply: a manager states the fields that it wants, and owns exactly those.</summary>
internal sealed class ServerSideApply(ObjectStore store, ObjectWriter writer, TimeProvider time)
{
    private const int MaxAttempts = 8;

    public async Task<(StoredObject Stored, bool Created)> ApplyAsync(WriteRequest write, JsonObject body, bool force)
    {
        Check(write, body);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (store.Get(write.Key) is not null)
                {
                    return (await writer.UpdateAsync(write, live => Next(write, live, (JsonObject)body.DeepClone(), force), recordsOwnFields: true), false);
                }

                if (write.Subresource.Length > 0 || body.Object("metadata").Text("uid") is not null)
                {
                    throw Refusal.NotFound(write.Resource, write.Name);
                }

                return (await CreateAsync(write, (JsonObject)body.DeepClone()), true);
            }
            catch (StatusException e) when (e.Reason is "AlreadyExists" && attempt < MaxAttempts)
            {
                // Somebody created it in between: apply to what is there now.
            }
            catch (StatusException e) when (e.Reason is "NotFound" && write.Subresource.Length == 0 && attempt < MaxAttempts && store.Get(write.Key) is null && NamespaceExists(write))
            {
                // Deleted in between: create it.
            }
        }
    }

    private bool NamespaceExists(WriteRequest write) =>
        write.Namespace is null || store.Get(new ObjectKey("namespaces", null, write.Namespace)) is not null;

    private static void Check(WriteRequest write, JsonObject body)
    {
        if (body.Text("apiVersion") is null || body.Text("kind") is null)
        {
            throw Refusal.BadRequest("apiVersion and kind must be set in an applied configuration");
        }

        BodyRules.CheckIdentity(body, write);
        var metadata = body.Object("metadata")!;
        if (metadata.Array("managedFields") is { Count: > 0 })
        {
            throw Refusal.BadRequest("metadata.managedFields must be nil");
        }

        if (metadata.Text("name") is { } name && name != write.Name)
        {
            throw Refusal.BadRequest($"the name of the object ({name}) does not match the name on the URL ({write.Name})");
        }
    }

    private async Task<StoredObject> CreateAsync(WriteRequest write, JsonObject body)
    {
        if (write.Resource.HasStatus && write.Resource.IsCustom)
        {
            body.Remove("status");
        }

        if (body.Object("metadata").Text("resourceVersion") is { Length: > 0 })
        {
            throw Refusal.StaleVersion(write.Resource, write.Name);
        }

        var applied = (JsonObject)body.DeepClone();
        Pruner.PruneObject(applied, write.Resource.Schema, null);
        var entry = new ManagedFieldsEntry(write.FieldManager, "Apply", write.Resource.ApiVersion, Timestamps.Format(time.GetUtcNow()), string.Empty, FieldSetBuilder.Of(applied, write.Resource.Schema));
        return await writer.CreateAsync(write, body, [entry]);
    }

    private JsonObject Next(WriteRequest write, StoredObject current, JsonObject applied, bool force)
    {
        var schema = write.Resource.Schema;
        var live = (JsonObject)ObjectWriter.ToServed(current.Root, write.Resource).DeepClone();
        var version = applied.Object("metadata").Text("resourceVersion");
        Restrict(write, applied);
        var known = (JsonObject)applied.DeepClone();
        Pruner.PruneObject(known, schema, null);
        var set = FieldSetBuilder.Of(known, schema);
        var entries = ManagedFields.Read(live);
        var own = entries.Find(e => e.IsApplyOf(write));
        var others = entries.Where(e => e != own).ToList();
        others = Settle(known, live, set, others, schema, force);

        var merged = (JsonObject)live.DeepClone();
        TypedMerge.Merge(merged, applied, schema, isRoot: true);
        if (own is not null)
        {
            TypedMerge.Prune(merged, own.Fields, set, [.. others.Select(e => e.Fields)], schema, isRoot: true);
        }

        var changed = own is null || !JsonNodes.Same(own.Fields, set) || !JsonNodes.Same(merged, live);
        var entry = new ManagedFieldsEntry(write.FieldManager, "Apply", write.Resource.ApiVersion, changed ? Timestamps.Format(time.GetUtcNow()) : own!.Time, write.Subresource, set);
        ManagedFields.Write(merged, [entry, .. others]);
        var metadata = merged.Object("metadata")!;
        metadata.Remove("resourceVersion");
        if (!string.IsNullOrEmpty(version))
        {
            metadata["resourceVersion"] = version;
        }

        return merged;
    }

    /// <summary>Leaves only what this endpoint may write, and no server-owned metadata.</summary>
    private static void Restrict(WriteRequest write, JsonObject applied)
    {
        if (write.Subresource == "status")
        {
            foreach (var name in applied.Select(p => p.Key).Where(n => n is not ("apiVersion" or "kind" or "metadata" or "status")).ToArray())
            {
                applied.Remove(name);
            }

            applied["metadata"] = new JsonObject();
        }
        else if (write.Resource.HasStatus)
        {
            applied.Remove("status");
        }

        if (applied.Object("metadata") is { } metadata)
        {
            foreach (var name in metadata.Select(p => p.Key).Where(n => MetadataSchema.IsUnowned(n) && n != "uid").ToArray())
            {
                metadata.Remove(name);
            }
        }
    }

    /// <summary>Refuses conflicts, or takes the fields away from their owners when forced.</summary>
    private static List<ManagedFieldsEntry> Settle(JsonObject applied, JsonObject live, JsonObject set, List<ManagedFieldsEntry> others, SchemaNode schema, bool force)
    {
        var conflicts = new List<(ManagedFieldsEntry Owner, List<string> Paths)>();
        var result = new List<ManagedFieldsEntry>(others.Count);
        foreach (var other in others)
        {
            var (fields, paths) = ApplyConflicts.Find(applied, live, set, other.Fields, schema);
            if (paths.Count > 0)
            {
                conflicts.Add((other, paths));
            }

            result.Add(paths.Count == 0 ? other : other with { Fields = FieldSet.Difference(other.Fields, fields) });
        }

        return conflicts.Count == 0 || force ? result : throw ApplyConflicts.Refuse(conflicts);
    }
}
