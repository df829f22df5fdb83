using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Operator.Cluster;

/// <summary>
/// Writes statuses when they differ from the stored ones. Fenced writes replace the whole status, which is cheaper for the API server than a patch; others use a merge
/// patch (RFC 7396). Server-side apply is not used: older servers set a keyed list to null when an apply removes its last entry, and then reject the object.
/// </summary>
internal static class StatusWriter
{
    private static readonly WriteOptions Options = new() { FieldManager = FieldManagers.Operator, Subresource = "status" };

    /// <summary>Returns the stored object, or null when no write was necessary.</summary>
    /// <param name="client">The client to write with.</param>
    /// <param name="item">The object as it was read.</param>
    /// <param name="stored">Its current status, or null.</param>
    /// <param name="wanted">The status to store.</param>
    /// <param name="ct">Cancels the request.</param>
    /// <param name="fenced">When true, the write fails with a conflict if the object has changed since it was read, so that a decision based on stale state is not recorded.</param>
    public static async Task<T?> WriteAsync<T, TStatus>(KubeClient client, T item, TStatus? stored, TStatus wanted, CancellationToken ct, bool fenced = false)
        where T : KubernetesObject
        where TStatus : class
    {
        var status = Json(wanted);
        var before = stored is null ? null : Json(stored);
        if (before is not null && JsonNode.DeepEquals(before, status))
        {
            return null;
        }

        var metadata = new JsonObject { ["uid"] = item.Metadata.Uid };
        if (fenced)
        {
            try
            {
                return await client.ReplaceStatusAsync(item, status, ct, Options).ConfigureAwait(false);
            }
            catch (KubeApiException error) when (error.IsForbidden)
            {
                // During an upgrade or rollback, the role of an older chart allows only the patch.
                metadata["resourceVersion"] = item.Metadata.ResourceVersion;
            }
        }

        var patch = new JsonObject { ["metadata"] = metadata, ["status"] = Patch(before, status) };
        return await client.MergePatchAsync<T>(item.Metadata.NamespacedName, patch, ct, Options).ConfigureAwait(false);
    }

    /// <summary>True when both serialize to the same JSON.</summary>
    public static bool AreEqual<TStatus>(TStatus left, TStatus right)
        where TStatus : class =>
        JsonNode.DeepEquals(Json(left), Json(right));

    /// <summary>A patch with all wanted fields, and null for each stored field that is no longer wanted.</summary>
    internal static JsonObject Patch(JsonObject? stored, JsonObject wanted)
    {
        var patch = new JsonObject();
        foreach (var (name, value) in wanted)
        {
            patch[name] = value is JsonObject map ? Patch(stored?[name] as JsonObject, map) : value?.DeepClone();
        }

        foreach (var (name, _) in stored ?? [])
        {
            if (!wanted.ContainsKey(name))
            {
                patch[name] = null;
            }
        }

        return patch;
    }

    private static JsonObject Json<TStatus>(TStatus status)
        where TStatus : class =>
        JsonSerializer.SerializeToNode(status, KubeJson.Options)!.AsObject();
}
