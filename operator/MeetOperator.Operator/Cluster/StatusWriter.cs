using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;

namespace MeetOperator.Operator.Cluster;

/// <summary>
/// Writes statuses, and only when they differ from what is stored: as a whole when the write is fenced, which costs an API server less than a patch, else by
/// merge patch (RFC 7386). Not by server-side apply: older servers make a keyed list null when its last entry is taken out by an apply, and then refuse it.
/// </summary>
internal static class StatusWriter
{
    private static readonly WriteOptions Options = new() { FieldManager = FieldManagers.Operator, Subresource = "status" };

    /// <summary>The object as stored, or null when nothing had to be written.</summary>
    /// <param name="client">Writes.</param>
    /// <param name="item">The object as it was read.</param>
    /// <param name="stored">Its status; null when it has none.</param>
    /// <param name="wanted">The status to store.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="fenced">Refuse as a conflict when the object has changed since it was read, so that a decision on a stale state is not recorded.</param>
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
            catch (KubeApiException refusal) when (refusal.IsForbidden)
            {
                // The role of an older chart, before an upgrade or after a rollback: it grants the patch.
                metadata["resourceVersion"] = item.Metadata.ResourceVersion;
            }
        }

        var patch = new JsonObject { ["metadata"] = metadata, ["status"] = Patch(before, status) };
        return await client.MergePatchAsync<T>(item.Metadata.NamespacedName, patch, ct, Options).ConfigureAwait(false);
    }

    /// <summary>True when both are the same on the wire.</summary>
    public static bool Same<TStatus>(TStatus left, TStatus right)
        where TStatus : class =>
        JsonNode.DeepEquals(Json(left), Json(right));

    /// <summary>All that is wanted, and a null for each field that is stored and not wanted any more.</summary>
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
