using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using MeetOperator.Kube.ApiServer.Http;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Storage;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ApiServer.Lifecycle;

/// <summary>
/// Follows ownerReferences, empties namespaces that are being deleted and removes the objects of removed CRDs. One task works on
/// what the store reports; at start it looks at everything once, since a stopped process may have left work behind.
/// </summary>
internal sealed partial class GarbageCollector(ObjectStore store, ResourceRegistry registry, ObjectWriter writer, ObjectDeleter deleter, ILogger logger) : IAsyncDisposable
{
    /// <summary>Deletions under way at once: each waits for the disk, and one write to it carries many.</summary>
    private const int Parallel = 128;

    /// <summary>Namespaces that are being emptied; read under the store's lock.</summary>
    private readonly ConcurrentDictionary<string, bool> _emptying = new(StringComparer.Ordinal);

    private readonly Channel<StoreEvent> _queue = Channel.CreateUnbounded<StoreEvent>(new UnboundedChannelOptions { SingleReader = true });
    private Task _worker = Task.CompletedTask;

    /// <summary>Called under the store's lock: only sorts out what may matter.</summary>
    public void Handle(StoreEvent change)
    {
        if (change.Deleted || change.Object.Terminating || LateInNamespace(change) || (change.Previous is null && change.Object.Root.Object("metadata")!.ContainsKey("ownerReferences")))
        {
            _queue.Writer.TryWrite(change);
        }
    }

    /// <summary>Made just before its namespace was marked, and stored after that was emptied.</summary>
    private bool LateInNamespace(StoreEvent change) => change.Previous is null && change.Object.Key.Namespace is { } ns && _emptying.ContainsKey(ns);

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
                return; // The store is closed or its disk failed; nothing more can be collected.
            }
            catch (Exception e)
            {
                // A policy that throws must not end the collection of everything else.
                LogFault(e, change.Object.Key);
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
                await ReleaseAsync(dependent);
            }

            foreach (var owner in OwnerUids(stored).Select(store.Owners.Find).OfType<ObjectKey>())
            {
                await FinishOwnerAsync(owner);
            }

            if (stored.Key.Namespace is { } ns)
            {
                await FinishNamespaceAsync(ns);
            }

            await FinishDefinitionAsync(stored.Key.Table);
            if (stored.Key.Table == BuiltInResources.CustomResourceDefinitions.Table)
            {
                await DropTableAsync(stored.Key.Name);
            }

            return;
        }

        if (stored.Terminating)
        {
            await FinishOwnerAsync(stored.Key);
            if (stored.Key.Table == BuiltInResources.CustomResourceDefinitions.Table)
            {
                await EmptyDefinitionAsync(stored.Key.Name);
            }

            if (stored.Key.Table == "namespaces")
            {
                await EmptyNamespaceAsync(stored.Key.Name);
            }
        }
        else if (LateInNamespace(change))
        {
            await DeleteAsync(stored, Propagation.Background);
        }
        else
        {
            await ReleaseAsync(stored.Key);
        }
    }

    /// <summary>Deletes a dependent when none of its owners exists any more.</summary>
    private async Task ReleaseAsync(ObjectKey key)
    {
        if (store.Get(key) is not { } dependent)
        {
            return;
        }

        var owners = OwnerUids(dependent).ToArray();
        if (owners.Length > 0 && owners.All(uid => store.Owners.Find(uid) is null))
        {
            await DeleteAsync(dependent, Propagation.Background);
        }
    }

    /// <summary>Carries out foreground and orphan deletion of an owner that is marked.</summary>
    private async Task FinishOwnerAsync(ObjectKey key)
    {
        if (store.Get(key) is not { Terminating: true } owner || owner.Root.Object("metadata").Array("finalizers") is not { } finalizers)
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

                blocking += Blocks(dependent, owner.Uid) ? 1 : 0;
                if (!dependent.Terminating && OwnerUids(dependent).All(uid => uid == owner.Uid || store.Owners.Find(uid) is null))
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

    /// <summary>Deletes what is in a namespace that goes. Each object is looked at once; what remains has a finalizer or a grace period, and its own end is an event.</summary>
    private async Task EmptyNamespaceAsync(string name)
    {
        _emptying[name] = true;
        foreach (var resource in NamespacedKinds())
        {
            await DeleteAllAsync(store.List(resource.Table, name).Objects);
        }

        await FinishNamespaceAsync(name);
    }

    /// <summary>Lets a namespace that goes disappear when nothing is left in it.</summary>
    private async Task FinishNamespaceAsync(string name)
    {
        if (store.Get(new ObjectKey("namespaces", null, name)) is not { Terminating: true } ns)
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

    /// <summary>Deletes the objects of a CustomResourceDefinition that goes.</summary>
    private async Task EmptyDefinitionAsync(string name)
    {
        await DeleteAllAsync(store.List(name, ns: null).Objects);
        await FinishDefinitionAsync(name);
    }

    /// <summary>Lets a CustomResourceDefinition that goes disappear when none of its objects is left.</summary>
    private async Task FinishDefinitionAsync(string name)
    {
        var key = new ObjectKey(BuiltInResources.CustomResourceDefinitions.Table, null, name);
        if (store.Get(key) is { Terminating: true } && store.Count(name) == 0)
        {
            await EditAsync(key, metadata => RemoveWhere(metadata, "finalizers", f => f.AsText() == ObjectDeleter.CleanupFinalizer));
        }
    }

    private async Task DeleteAllAsync(IEnumerable<StoredObject> objects)
    {
        foreach (var some in objects.Where(o => !o.Terminating).Chunk(Parallel))
        {
            await Task.WhenAll(some.Select(o => DeleteAsync(o, Propagation.Background)));
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
            // Gone already, replaced by another of the same name, or held back by a policy: its own events decide.
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
                root.Object("metadata")!.Remove("resourceVersion"); // Whatever changes beside it, the edit is made.
                change(root.Object("metadata")!);
                return root;
            });
        }
        catch (StatusException)
        {
            // Gone in the meantime.
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

    private static bool Blocks(StoredObject dependent, string ownerUid) =>
        (dependent.Root.Object("metadata").Array("ownerReferences") ?? []).OfType<JsonObject>().Any(o => o.Text("uid") == ownerUid && o.Flag("blockOwnerDeletion"));

    private static IEnumerable<string> OwnerUids(StoredObject stored) =>
        (stored.Root.Object("metadata").Array("ownerReferences") ?? []).OfType<JsonObject>().Select(o => o.Text("uid")).OfType<string>();

    [LoggerMessage(EventId = 10, Level = LogLevel.Error, Message = "Collecting after a change of {Key} failed")]
    private partial void LogFault(Exception exception, ObjectKey key);
}
