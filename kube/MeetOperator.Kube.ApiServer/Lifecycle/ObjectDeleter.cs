using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Metadata;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Storage;
using MeetOperator.Kube.ApiServer.Writes;

namespace MeetOperator.Kube.ApiServer.Lifecycle;

/// <summary>Deletes objects: checks preconditions, and applies Pod grace periods, finalizers, and the propagation policy.</summary>
internal sealed class ObjectDeleter(ObjectStore store, AdmissionChain admission, TimeProvider time)
{
    public const string ForegroundFinalizer = "foregroundDeletion";
    public const string OrphanFinalizer = "orphan";

    /// <summary>Keeps a CustomResourceDefinition until its last object is deleted.</summary>
    public const string CleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

    /// <summary>The object after the request, and whether it was removed.</summary>
    public async Task<(StoredObject Object, bool Deleted)> DeleteAsync(WriteRequest write, DeleteOptions options)
    {
        while (true)
        {
            var current = store.Get(write.Key) ?? throw StatusErrors.NotFound(write.Resource, write.Name);
            CheckPreconditions(write, options, current);
            admission.Review(write, AdmissionOperation.Delete, null, current.Root);
            var (root, deleted) = Next(write, options, current);
            if (write.DryRun)
            {
                return (current, deleted);
            }

            if (deleted)
            {
                if (store.TryDelete(current) is { } removed)
                {
                    await removed.Durable;
                    return (removed.Stored, true);
                }
            }
            else if (root is null)
            {
                return (current, false);
            }
            else if (store.TryPut(current.Key, current, root) is { } put)
            {
                await put.Durable;
                return (put.Stored, false);
            }
        }
    }

    private static void CheckPreconditions(WriteRequest write, DeleteOptions options, StoredObject current)
    {
        if (options.Uid is { Length: > 0 } uid && uid != current.Uid)
        {
            throw StatusErrors.Precondition(write.Resource, write.Name, $"the UID in the precondition ({uid}) does not match the UID in record ({current.Uid}). The object might have been deleted and then recreated");
        }

        var version = current.Version.ToString(CultureInfo.InvariantCulture);
        if (options.ResourceVersion is { Length: > 0 } expected && expected != version)
        {
            throw StatusErrors.Precondition(write.Resource, write.Name, $"the ResourceVersion in the precondition ({expected}) does not match the ResourceVersion in record ({version}). The object might have been modified");
        }
    }

    /// <summary>The object with the deletion mark (null if it is already marked), or that the object is to be removed at once.</summary>
    private (JsonObject? Root, bool Deleted) Next(WriteRequest write, DeleteOptions options, StoredObject current)
    {
        var metadata = current.Root.Object("metadata")!;
        var finalizers = metadata.Array("finalizers")?.Select(f => f.AsText()!).ToList() ?? [];
        var before = finalizers.ToArray();
        finalizers.Remove(ForegroundFinalizer);
        finalizers.Remove(OrphanFinalizer);
        if (options.Propagation == Propagation.Orphan || (options.Propagation is null && before.Contains(OrphanFinalizer)))
        {
            finalizers.Add(OrphanFinalizer);
        }
        else if (options.Propagation == Propagation.Foreground || (options.Propagation is null && before.Contains(ForegroundFinalizer)))
        {
            finalizers.Add(ForegroundFinalizer);
        }

        if (write.Resource.Table == BuiltInResources.CustomResourceDefinitions.Table && !current.IsTerminating)
        {
            finalizers.Add(CleanupFinalizer);
        }

        var grace = write.Resource.Table == "pods" ? GraceSeconds(options, current.Root) : 0;
        var runningGrace = metadata.Integer("deletionGracePeriodSeconds");
        var isNamespace = write.Resource.Table == "namespaces";
        if (finalizers.Count == 0 && grace == 0 && !isNamespace)
        {
            return (null, true);
        }

        if (current.IsTerminating && finalizers.SequenceEqual(before) && !(grace < runningGrace))
        {
            return (null, false);
        }

        var root = (JsonObject)current.Root.DeepClone();
        var marked = root.Object("metadata")!;
        if (!current.IsTerminating || grace < runningGrace)
        {
            marked["deletionTimestamp"] = Timestamps.Format(time.GetUtcNow().AddSeconds(grace));
            marked["deletionGracePeriodSeconds"] = grace;
            if (write.Resource.TracksGeneration && !current.IsTerminating)
            {
                marked["generation"] = (marked.Integer("generation") ?? 0) + 1;
            }
        }

        if (isNamespace)
        {
            root["status"] = new JsonObject { ["phase"] = "Terminating" };
        }

        marked.Remove("finalizers");
        if (finalizers.Count > 0)
        {
            marked["finalizers"] = new JsonArray([.. finalizers.Select(f => (JsonNode)JsonValue.Create(f)!)]);
        }

        return (root, false);
    }

    /// <summary>Grace period in seconds: the requested one, else that of the spec. A Pod without a node has no process to stop, so 0.</summary>
    private static long GraceSeconds(DeleteOptions options, JsonObject pod)
    {
        var spec = pod.Object("spec");
        if (string.IsNullOrEmpty(spec.Text("nodeName")) || pod.Object("status").Text("phase") is "Succeeded" or "Failed")
        {
            return 0;
        }

        return Math.Max(0, options.GracePeriodSeconds ?? spec.Integer("terminationGracePeriodSeconds") ?? 30);
    }
}
