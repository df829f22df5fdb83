using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Storage;
using MeetOperator.Kube.ApiServer.Writes;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ApiServer.Lifecycle;

/// <summary>
/// Collects dependents of deleted owners, the content of terminating namespaces, and the objects of deleted CRDs. One task handles the
/// changes that the store reports. At startup it checks all objects once, because an earlier process may have left work unfinished.
/// </summary>
internal sealed partial class GarbageCollector(ObjectStore store, ResourceRegistry registry, ObjectWriter writer, ObjectDeleter deleter, ILogger logger) : IAsyncDisposable
{
    /// <summary>Maximum number of concurrent deletions. Each waits for the disk, and the journal commits many with one write.</summary>
    private const int MaxParallelDeletions = 128;

    /// <summary>Namespaces whose content is being deleted; read under the store's lock.</summary>
    private readonly ConcurrentDictionary<string, bool> _emptying = new(StringComparer.Ordinal);

    private readonly Channel<StoreEvent> _queue = Channel.CreateUnbounded<StoreEvent>(new UnboundedChannelOptions { SingleReader = true });
    private Task _worker = Task.CompletedTask;

    /// <summary>Queues changes that may need collection. Called under the store's lock.</summary>
    public void Handle(StoreEvent change)
    {
        if (change.Deleted || change.Object.IsTerminating || IsLateInNamespace(change) || (change.Previous is null && change.Object.OwnerUids.Count > 0))
        {
            _queue.Writer.TryWrite(change);
        }
    }

    /// <summary>Whether the object was stored while its namespace was being emptied, because its creation was checked before the namespace was marked.</summary>
    private bool IsLateInNamespace(StoreEvent change) => change.Previous is null && change.Object.Key.Namespace is { } ns && _emptying.ContainsKey(ns);

    public void Start()
    {
        foreach (var resource in registry.All.DistinctBy(r => r.Table))
        {
            foreach (var stored in store.List(resource.Table, ns: null).Objects)
            {
                Handle(new StoreEvent(stored, null, Deleted: false));
            }
        }

        _worker = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _worker;
    }

    private async Task RunAsync()
    {
        await foreach (var change in _queue.Reader.ReadAllAsync())
        {
            try
            {
                await CollectAsync(change);
            }
            catch (IOException)
            {
                return; // The store is closed or its disk failed, so no further deletion can succeed.
            }
            catch (Exception e)
            {
                // An exception from an admission policy must not stop the collection of other objects.
                LogFailure(e, change.Object.Key);
            }
        }
    }

    private async Task CollectAsync(StoreEvent change)
    {
        var stored = change.Object;
        if (change.Deleted)
        {
            foreach (var dependent in store.Owners.Dependents(stored.Uid))
            {
                await DeleteIfOwnerlessAsync(dependent);
            }

            foreach (var owner in stored.OwnerUids.Select(store.Owners.Find).OfType<ObjectKey>())
            {
                await ContinueOwnerDeletionAsync(owner);
            }

            if (stored.Key.Namespace is { } ns)
            {
                await RemoveEmptyNamespaceAsync(ns);
            }

            await ReleaseEmptyDefinitionAsync(stored.Key.Table);
            if (stored.Key.Table == BuiltInResources.CustomResourceDefinitions.Table)
            {
                await DropTableAsync(stored.Key.Name);
            }

            return;
        }

        if (stored.IsTerminating)
        {
            await ContinueOwnerDeletionAsync(stored.Key);
            if (stored.Key.Table == BuiltInResources.CustomResourceDefinitions.Table)
            {
                await EmptyDefinitionAsync(stored.Key.Name);
            }

            if (stored.Key.Table == "namespaces")
            {
                await EmptyNamespaceAsync(stored.Key.Name);
            }
        }
        else if (IsLateInNamespace(change))
        {
            await DeleteAsync(stored, Propagation.Background);
        }
        else
        {
            await DeleteIfOwnerlessAsync(stored.Key);
        }
    }

    /// <summary>Deletes a dependent if none of its owners exists.</summary>
    private async Task DeleteIfOwnerlessAsync(ObjectKey key)
    {
        if (store.Get(key) is not { } dependent)
        {
            return;
        }

        if (dependent.OwnerUids.Count > 0 && dependent.OwnerUids.All(uid => store.Owners.Find(uid) is null))
        {
            await DeleteAsync(dependent, Propagation.Background);
        }
    }

    /// <summary>Advances the foreground or orphan deletion of a terminating owner.</summary>
    private async Task ContinueOwnerDeletionAsync(ObjectKey key)
    {
        if (store.Get(key) is not { IsTerminating: true } owner || owner.Root.Object("metadata").Array("finalizers") is not { } finalizers)
        {
            return;
        }

        var names = finalizers.Select(f => f.AsText()).ToArray();
        if (names.Contains(ObjectDeleter.OrphanFinalizer))
        {
            foreach (var dependent in store.Owners.Dependents(owner.Uid))
            {
                await EditAsync(dependent, metadata => RemoveWhere(metadata, "ownerReferences", o => (o as JsonObject).Text("uid") == owner.Uid));
            }

            await EditAsync(key, metadata => RemoveWhere(metadata, "finalizers", f => f.AsText() == ObjectDeleter.OrphanFinalizer));
        }
        else if (names.Contains(ObjectDeleter.ForegroundFinalizer))
        {
            var blocking = 0;
            foreach (var dependentKey in store.Owners.Dependents(owner.Uid))
            {
                if (store.Get(dependentKey) is not { } dependent)
                {
                    continue;
                }

                blocking += BlocksOwnerDeletion(dependent, owner.Uid) ? 1 : 0;
                if (!dependent.IsTerminating && dependent.OwnerUids.All(uid => uid == owner.Uid || store.Owners.Find(uid) is null))
                {
                    await DeleteAsync(dependent, Propagation.Foreground);
                }
            }

            if (blocking == 0)
            {
                await EditAsync(key, metadata => RemoveWhere(metadata, "finalizers", f => f.AsText() == ObjectDeleter.ForegroundFinalizer));
            }
        }
    }

    /// <summary>
    /// Deletes the content of a terminating namespace. Each object is deleted once. One that remains has a finalizer or a grace period;
    /// its removal is a later event.
    /// </summary>
    private async Task EmptyNamespaceAsync(string name)
    {
        _emptying[name] = true;
        foreach (var resource in NamespacedKinds())
        {
            await DeleteAllAsync(store.List(resource.Table, name).Objects);
        }

        await RemoveEmptyNamespaceAsync(name);
    }

    /// <summary>Removes a terminating namespace if it is empty.</summary>
    private async Task RemoveEmptyNamespaceAsync(string name)
    {
        if (store.Get(new ObjectKey("namespaces", null, name)) is not { IsTerminating: true } ns)
        {
            _emptying.TryRemove(name, out _);
        }
        else if (NamespacedKinds().All(r => store.Count(r.Table, name) == 0)
            && ns.Root.Object("metadata").Array("finalizers") is not { Count: > 0 }
            && store.TryDelete(ns) is { } removed)
        {
            await removed.Durable;
            _emptying.TryRemove(name, out _);
        }
    }

    private IEnumerable<ResourceDefinition> NamespacedKinds() => registry.All.Where(r => r.Namespaced).DistinctBy(r => r.Table);

    /// <summary>Deletes the objects of a terminating CustomResourceDefinition.</summary>
    private async Task EmptyDefinitionAsync(string name)
    {
        await DeleteAllAsync(store.List(name, ns: null).Objects);
        await ReleaseEmptyDefinitionAsync(name);
    }

    /// <summary>Removes the cleanup finalizer of a terminating CustomResourceDefinition if none of its objects is left.</summary>
    private async Task ReleaseEmptyDefinitionAsync(string name)
    {
        var key = new ObjectKey(BuiltInResources.CustomResourceDefinitions.Table, null, name);
        if (store.Get(key) is { IsTerminating: true } && store.Count(name) == 0)
        {
            await EditAsync(key, metadata => RemoveWhere(metadata, "finalizers", f => f.AsText() == ObjectDeleter.CleanupFinalizer));
        }
    }

    private async Task DeleteAllAsync(IEnumerable<StoredObject> objects)
    {
        foreach (var batch in objects.Where(o => !o.IsTerminating).Chunk(MaxParallelDeletions))
        {
            await Task.WhenAll(batch.Select(o => DeleteAsync(o, Propagation.Background)));
        }
    }

    private async Task DropTableAsync(string table)
    {
        foreach (var stored in store.List(table, ns: null).Objects)
        {
            if (store.TryDelete(stored) is { } removed)
            {
                await removed.Durable;
            }
        }
    }

    private async Task DeleteAsync(StoredObject stored, Propagation propagation)
    {
        if (registry.FindTable(stored.Key.Table) is not { } resource)
        {
            return;
        }

        try
        {
            await deleter.DeleteAsync(Request(resource, stored.Key), new DeleteOptions { Propagation = propagation, Uid = stored.Uid });
        }
        catch (StatusException)
        {
            // The object is already deleted or recreated, or a policy rejects the deletion. Later events of the object are handled on their own.
        }
    }

    private async Task EditAsync(ObjectKey key, Action<JsonObject> change)
    {
        if (registry.FindTable(key.Table) is not { } resource)
        {
            return;
        }

        try
        {
            await writer.UpdateAsync(Request(resource, key), current =>
            {
                var root = (JsonObject)ObjectWriter.ToServed(current.Root, resource).DeepClone();
                root.Object("metadata")!.Remove("resourceVersion"); // Without a precondition, concurrent changes do not fail the edit.
                change(root.Object("metadata")!);
                return root;
            });
        }
        catch (StatusException)
        {
            // The object was deleted in the meantime.
        }
    }

    private static WriteRequest Request(ResourceDefinition resource, ObjectKey key) => new()
    {
        Resource = resource,
        Namespace = key.Namespace,
        Name = key.Name,
        FieldManager = "garbage-collector",
        FieldValidation = FieldValidation.Ignore,
        UserName = "system:garbage-collector",
    };

    private static void RemoveWhere(JsonObject metadata, string field, Func<JsonNode?, bool> match)
    {
        if (metadata.Array(field) is { } list)
        {
            metadata[field] = new JsonArray([.. list.Where(i => !match(i)).Select(i => i?.DeepClone())]);
        }
    }

    private static bool BlocksOwnerDeletion(StoredObject dependent, string ownerUid) =>
        (dependent.Root.Object("metadata").Array("ownerReferences") ?? []).OfType<JsonObject>().Any(o => o.Text("uid") == ownerUid && o.Flag("blockOwnerDeletion"));

    [LoggerMessage(EventId = 1412, Level = LogLevel.Error, Message = "Garbage collection after a change of {Key} failed")]
    private partial void LogFailure(Exception exception, ObjectKey key);
}
