using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.FieldManagement;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Metadata;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Schema;
using MeetOperator.Kube.ApiServer.Storage;
using MeetOperator.Kube.ApiServer.Writes;

namespace MeetOperator.Kube.ApiServer.Lifecycle;

/// <summary>Creates and updates objects according to the rules of the Kubernetes API.</summary>
internal sealed class ObjectWriter(ObjectStore store, AdmissionChain admission, KindRules kinds, TimeProvider time)
{
    /// <summary>Maximum number of attempts for a write without a resourceVersion while the object changes concurrently.</summary>
    private const int MaxAttempts = 32;
    private const string NameAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    public async Task<StoredObject> CreateAsync(WriteRequest write, JsonObject body, IReadOnlyList<ManagedFieldsEntry>? managedFields = null)
    {
        BodyRules.CheckIdentity(body, write);
        var metadata = body.Object("metadata")!;
        if (!string.IsNullOrEmpty(metadata.Text("resourceVersion")))
        {
            throw new StatusException(500, string.Empty, "resourceVersion should not be set on objects to be created");
        }

        write = write with { Name = NameOf(write, metadata) };
        kinds.CheckNamespace(write);
        kinds.CheckDefinition(write);
        foreach (var name in (ReadOnlySpan<string>)["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "selfLink"])
        {
            metadata.Remove(name);
        }

        if (write.Resource is { HasStatus: true, IsCustom: true } or { Table: "pods" or "customresourcedefinitions.apiextensions.k8s.io" })
        {
            body.Remove("status");
        }

        metadata["name"] = write.Name;
        metadata["uid"] = Guid.NewGuid().ToString("D");
        metadata["creationTimestamp"] = Timestamps.Format(time.GetUtcNow());
        if (write.Resource.TracksGeneration)
        {
            metadata["generation"] = 1L;
        }
        else
        {
            metadata.Remove("generation");
        }

        if (NameRules.CheckName(write.Name, write.Resource.NameRule) is { } badName)
        {
            throw StatusErrors.Invalid(write.Resource, write.Name, [badName]);
        }

        BodyRules.ThrowIfInvalid(write, BodyRules.PruneAndValidate(body, write, reportUnknown: true), () => admission.FindCauses(write, AdmissionOperation.Create, body, null));
        kinds.PrepareCreate(write, body);
        if (managedFields is not null)
        {
            ManagedFields.Write(body, managedFields);
        }
        else
        {
            ManagedFields.Record(null, body, write, time.GetUtcNow());
        }

        admission.Review(write, AdmissionOperation.Create, body, null);
        ToStorage(body, write.Resource);
        if (store.Get(write.Key) is not null)
        {
            throw StatusErrors.AlreadyExists(write.Resource, write.Name);
        }

        if (write.DryRun)
        {
            return new StoredObject(write.Key, 0, body);
        }

        if (store.TryPut(write.Key, expected: null, body) is not { } put)
        {
            throw StatusErrors.AlreadyExists(write.Resource, write.Name);
        }

        await put.Durable;
        return put.Stored;
    }

    /// <summary>
    /// Applies <paramref name="change"/> to the stored object, and retries on concurrent changes. If the result has a resourceVersion, it must
    /// match the stored one. <paramref name="recordsOwnFields"/>: the change already wrote managedFields (apply).
    /// </summary>
    public async Task<StoredObject> UpdateAsync(WriteRequest write, Func<StoredObject, JsonObject> change, bool recordsOwnFields = false, bool reportUnknown = true)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var current = store.Get(write.Key) ?? throw StatusErrors.NotFound(write.Resource, write.Name);
            var old = ToServed(current.Root, write.Resource);
            var root = change(current);
            var demandsVersion = CheckVersion(write, root, old);
            var causes = MetadataRules.CheckImmutable(write, root.Object("metadata")!, old.Object("metadata")!);
            Merge(write, root, old);
            causes.AddRange(BodyRules.PruneAndValidate(root, write, reportUnknown));
            causes.AddRange(MetadataRules.CheckUpdate(root.Object("metadata")!, old.Object("metadata")!));
            BodyRules.ThrowIfInvalid(write, causes, () => admission.FindCauses(write, AdmissionOperation.Update, root, old));

            KindRules.PrepareUpdate(write, root);
            IncrementGeneration(write, root, old);
            if (!recordsOwnFields)
            {
                ManagedFields.Record(old, root, write, time.GetUtcNow());
            }

            root.Object("metadata")!["resourceVersion"] = current.Version.ToString(CultureInfo.InvariantCulture);
            ToStorage(root, write.Resource);
            if (JsonNodes.AreEqual(root, current.Root))
            {
                return current;
            }

            admission.Review(write, AdmissionOperation.Update, root, old);
            if (write.DryRun)
            {
                return new StoredObject(write.Key, current.Version, root);
            }

            if (IsDeletionComplete(root))
            {
                if (store.TryDelete(current) is { } removed)
                {
                    await removed.Durable;
                    return new StoredObject(write.Key, removed.Stored.Version, root);
                }
            }
            else if (store.TryPut(write.Key, current, root) is { } put)
            {
                await put.Durable;
                return put.Stored;
            }

            if (demandsVersion)
            {
                throw StatusErrors.StaleVersion(write.Resource, write.Name);
            }
        }

        throw StatusErrors.StaleVersion(write.Resource, write.Name);
    }

    /// <summary>The tree in the requested API version. Returns the shared stored tree if the versions are equal.</summary>
    public static JsonObject ToServed(JsonObject root, ResourceDefinition resource)
    {
        if (root.Text("apiVersion") == resource.ApiVersion)
        {
            return root;
        }

        var copy = (JsonObject)root.DeepClone();
        copy["apiVersion"] = resource.ApiVersion;
        return copy;
    }

    private static void ToStorage(JsonObject root, ResourceDefinition resource)
    {
        if (resource.StorageVersion != resource.Version)
        {
            root["apiVersion"] = resource.StorageApiVersion;
        }
    }

    private static string NameOf(WriteRequest write, JsonObject metadata)
    {
        var name = metadata.Text("name");
        if (!string.IsNullOrEmpty(name))
        {
            return write.Name.Length == 0 || write.Name == name
                ? name
                : throw StatusErrors.BadRequest($"the name of the object ({name}) does not match the name on the URL ({write.Name})");
        }

        if (write.Name.Length > 0)
        {
            return write.Name;
        }

        return metadata.Text("generateName") is { Length: > 0 } prefix
            ? string.Concat(prefix.AsSpan(0, Math.Min(prefix.Length, 58)), System.Security.Cryptography.RandomNumberGenerator.GetString(NameAlphabet, 5))
            : throw StatusErrors.Invalid(write.Resource, string.Empty, [Cause.Required("metadata.name", "name or generateName is required")]);
    }

    private static bool CheckVersion(WriteRequest write, JsonObject root, JsonObject old)
    {
        BodyRules.CheckIdentity(root, write);
        var metadata = root.Object("metadata")!;
        var stored = old.Object("metadata")!;
        if (metadata.Text("name") is { Length: > 0 } name && name != write.Name)
        {
            throw StatusErrors.BadRequest($"the name of the object ({name}) does not match the name on the URL ({write.Name})");
        }

        if (!write.IsPatch && metadata.Text("uid") is { Length: > 0 } uid && uid != stored.Text("uid"))
        {
            throw StatusErrors.Conflict(write.Resource, write.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {stored.Text("uid")}");
        }

        var version = metadata.Text("resourceVersion");
        if (string.IsNullOrEmpty(version))
        {
            return false;
        }

        return version == stored.Text("resourceVersion") ? true : throw StatusErrors.StaleVersion(write.Resource, write.Name);
    }

    /// <summary>Restores the parts that this endpoint must not change: spec or status, and the server-owned metadata.</summary>
    private static void Merge(WriteRequest write, JsonObject root, JsonObject old)
    {
        if (write.Subresource == "status")
        {
            RestoreAllExcept(root, old, "status");
            RestoreAllExcept(root.Ensure("metadata"), old.Object("metadata")!, "managedFields");
            return;
        }

        if (write.Resource.HasStatus)
        {
            if (old["status"] is not { } status)
            {
                root.Remove("status");
            }
            else if (!JsonNodes.AreEqual(root["status"], status))
            {
                root["status"] = status.DeepClone();
            }
        }

        MetadataRules.KeepServerOwned(root.Object("metadata")!, old.Object("metadata")!);
    }

    /// <summary>Restores the old value of every member except one. Equal members are not copied.</summary>
    private static void RestoreAllExcept(JsonObject target, JsonObject old, string kept)
    {
        foreach (var name in target.Select(p => p.Key).Where(n => n != kept && !old.ContainsKey(n)).ToArray())
        {
            target.Remove(name);
        }

        foreach (var (name, value) in old)
        {
            if (name != kept && name != "metadata" && !JsonNodes.AreEqual(target[name], value))
            {
                target[name] = value?.DeepClone();
            }
        }
    }

    private static void IncrementGeneration(WriteRequest write, JsonObject root, JsonObject old)
    {
        if (write.Resource.TracksGeneration && write.Subresource.Length == 0 && HasSpecChanged(root, old, write.Resource.HasStatus))
        {
            var metadata = root.Object("metadata")!;
            metadata["generation"] = (metadata.Integer("generation") ?? 0) + 1;
        }
    }

    /// <summary>Without a status subresource, the status counts as part of the content.</summary>
    private static bool HasSpecChanged(JsonObject root, JsonObject old, bool hasStatus)
    {
        IEnumerable<string> Names(JsonObject o) => o.Select(p => p.Key).Where(n => n is not ("metadata" or "apiVersion" or "kind") && (n != "status" || !hasStatus));
        return Names(root).Union(Names(old)).Any(n => !JsonNodes.AreEqual(root[n], old[n]));
    }

    /// <summary>Whether the object is marked for deletion and has neither finalizers nor a grace period left.</summary>
    private static bool IsDeletionComplete(JsonObject root)
    {
        var metadata = root.Object("metadata")!;
        return metadata.ContainsKey("deletionTimestamp") && metadata.Array("finalizers") is not { Count: > 0 }
            && (metadata.Integer("deletionGracePeriodSeconds") ?? 0) == 0;
    }
}
