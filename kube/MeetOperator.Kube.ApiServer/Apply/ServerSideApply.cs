using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.FieldManagement;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Lifecycle;
using MeetOperator.Kube.ApiServer.Metadata;
using MeetOperator.Kube.ApiServer.Schema;
using MeetOperator.Kube.ApiServer.Storage;
using MeetOperator.Kube.ApiServer.Writes;

namespace MeetOperator.Kube.ApiServer.Apply;

/// <summary>Server-side apply: a manager sends the fields that it sets, and owns exactly those.</summary>
internal sealed class ServerSideApply(ObjectStore store, ObjectWriter writer, TimeProvider time)
{
    private const int MaxAttempts = 8;

    public async Task<(StoredObject Stored, bool Created)> ApplyAsync(WriteRequest write, JsonObject body, bool force)
    {
        Check(write, body);
        RemoveUnwritableFields(write, body);
        BodyRules.PruneUnknown(body, write);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (store.Get(write.Key) is not null)
                {
                    return (await writer.UpdateAsync(write, live => BuildNext(write, live, body, force), recordsOwnFields: true, reportUnknown: false), false);
                }

                if (write.Subresource.Length > 0 || body.Object("metadata").Text("uid") is not null)
                {
                    throw StatusErrors.NotFound(write.Resource, write.Name);
                }

                return (await CreateAsync(write, (JsonObject)body.DeepClone()), true);
            }
            catch (StatusException e) when (e.Reason is "AlreadyExists" && attempt < MaxAttempts)
            {
                // Another client created the object first: apply to that object.
            }
            catch (StatusException e) when (e.Reason is "NotFound" && write.Subresource.Length == 0 && attempt < MaxAttempts && store.Get(write.Key) is null && NamespaceExists(write))
            {
                // Another client deleted the object: create it.
            }
        }
    }

    private bool NamespaceExists(WriteRequest write) =>
        write.Namespace is null || store.Get(new ObjectKey("namespaces", null, write.Namespace)) is not null;

    private static void Check(WriteRequest write, JsonObject body)
    {
        if (body.Text("apiVersion") is null || body.Text("kind") is null)
        {
            throw StatusErrors.BadRequest("apiVersion and kind must be set in an applied configuration");
        }

        BodyRules.CheckIdentity(body, write);
        var metadata = body.Object("metadata")!;
        if (metadata.Array("managedFields") is { Count: > 0 })
        {
            throw StatusErrors.BadRequest("metadata.managedFields must be nil");
        }

        if (metadata.Text("name") is { } name && name != write.Name)
        {
            throw StatusErrors.BadRequest($"the name of the object ({name}) does not match the name on the URL ({write.Name})");
        }
    }

    private async Task<StoredObject> CreateAsync(WriteRequest write, JsonObject body)
    {
        if (body.Object("metadata").Text("resourceVersion") is { Length: > 0 })
        {
            throw StatusErrors.StaleVersion(write.Resource, write.Name);
        }

        var entry = new ManagedFieldsEntry(write.FieldManager, "Apply", write.Resource.ApiVersion, Timestamps.Format(time.GetUtcNow()), string.Empty, FieldSetBuilder.Of(body, write.Resource.Schema));
        return await writer.CreateAsync(write, body, [entry]);
    }

    private JsonObject BuildNext(WriteRequest write, StoredObject current, JsonObject applied, bool force)
    {
        // The stored tree is shared and must not change, so the merge uses a copy without managedFields.
        var schema = write.Resource.Schema;
        var live = ObjectWriter.ToServed(current.Root, write.Resource);
        var set = FieldSetBuilder.Of(applied, schema);
        var entries = ManagedFields.Read(live);
        var own = entries.Find(e => e.IsApplyOf(write));
        var others = ResolveConflicts(applied, live, set, [.. entries.Where(e => e != own)], schema, force);
        var merged = CopyWithoutOwnership(live);
        TypedMerge.Merge(merged, applied, schema, isRoot: true);
        if (own is not null)
        {
            TypedMerge.Prune(merged, own.Fields, set, [.. others.Select(e => e.Fields)], schema, isRoot: true);
        }

        var changed = own is null || !JsonNodes.AreEqual(own.Fields, set) || !IsEqualExceptOwnership(merged, live);
        var entry = new ManagedFieldsEntry(write.FieldManager, "Apply", write.Resource.ApiVersion, changed ? Timestamps.Format(time.GetUtcNow()) : own!.Time, write.Subresource, set);
        ManagedFields.Write(merged, own is null ? [.. others, entry] : Replace(entries, others, own, entry));
        var metadata = merged.Object("metadata")!;
        if (applied.Object("metadata").Text("resourceVersion") is not { Length: > 0 })
        {
            metadata.Remove("resourceVersion");
        }

        return merged;
    }

    /// <summary>The entries in their old order, so that an apply without changes leaves the object equal.</summary>
    private static IEnumerable<ManagedFieldsEntry> Replace(List<ManagedFieldsEntry> entries, List<ManagedFieldsEntry> others, ManagedFieldsEntry own, ManagedFieldsEntry entry)
    {
        using var other = others.GetEnumerator();
        foreach (var existing in entries)
        {
            if (existing == own)
            {
                yield return entry;
            }
            else if (other.MoveNext())
            {
                yield return other.Current;
            }
        }
    }

    private static JsonObject CopyWithoutOwnership(JsonObject root)
    {
        var copy = new JsonObject();
        foreach (var (name, value) in root)
        {
            if (name != "metadata")
            {
                copy[name] = value?.DeepClone();
                continue;
            }

            var metadata = new JsonObject();
            foreach (var (member, inner) in (JsonObject)value!)
            {
                if (member != "managedFields")
                {
                    metadata[member] = inner?.DeepClone();
                }
            }

            copy[name] = metadata;
        }

        return copy;
    }

    private static bool IsEqualExceptOwnership(JsonObject merged, JsonObject live) =>
        merged.Count == live.Count && merged.All(m => m.Key == "metadata" || JsonNodes.AreEqual(m.Value, live[m.Key]))
        && merged.Object("metadata")!.All(m => JsonNodes.AreEqual(m.Value, live.Object("metadata")![m.Key]));

    /// <summary>Removes server-owned metadata and everything that this endpoint must not write.</summary>
    private static void RemoveUnwritableFields(WriteRequest write, JsonObject applied)
    {
        if (write.Subresource == "status")
        {
            foreach (var name in applied.Select(p => p.Key).Where(n => n is not ("apiVersion" or "kind" or "metadata" or "status")).ToArray())
            {
                applied.Remove(name);
            }

            var version = applied.Object("metadata").Text("resourceVersion");
            applied["metadata"] = version is null ? [] : new JsonObject { ["resourceVersion"] = version };
        }
        else if (write.Resource.HasStatus)
        {
            applied.Remove("status");
        }

        if (applied.Object("metadata") is { } metadata)
        {
            foreach (var name in metadata.Select(p => p.Key).Where(n => MetadataSchema.IsUnowned(n) && n is not ("uid" or "resourceVersion" or "name" or "namespace")).ToArray())
            {
                metadata.Remove(name);
            }
        }
    }

    /// <summary>Throws if there are conflicts; with <paramref name="force"/>, removes the fields from their owners instead.</summary>
    private static List<ManagedFieldsEntry> ResolveConflicts(JsonObject applied, JsonObject live, JsonObject set, List<ManagedFieldsEntry> others, SchemaNode schema, bool force)
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

        return conflicts.Count == 0 || force ? result : throw ApplyConflicts.ToException(conflicts);
    }
}
