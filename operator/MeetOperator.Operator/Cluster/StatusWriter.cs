using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;

namespace MeetOperator.Operator.Cluster;

/// <summary>Writes statuses by server-side apply, and only when they differ from what is stored.</summary>
internal static class StatusWriter
{
    private static readonly ApplyOptions Options = new() { FieldManager = FieldManagers.Operator, Force = true, Subresource = "status" };

    /// <summary>The object as stored, or null when nothing had to be written.</summary>
    /// <param name="client">Writes.</param>
    /// <param name="item">The object as it was read.</param>
    /// <param name="stored">Its status; null when it has none.</param>
    /// <param name="wanted">The status to store.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="fenced">Refuse as a conflict when the object has changed since it was read, so that a decision on a stale state is not recorded.</param>
    public static async Task<T?> ApplyAsync<T, TStatus>(KubeClient client, T item, TStatus? stored, TStatus wanted, CancellationToken ct, bool fenced = false)
        where T : KubernetesObject
        where TStatus : class
    {
        var body = JsonSerializer.SerializeToNode(wanted, KubeJson.Options)!;
        if (stored is not null && Same(stored, body))
        {
            return null;
        }

        var apply = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = item.Metadata.Name, ["uid"] = item.Metadata.Uid },
            ["status"] = body,
        };
        if (fenced)
        {
            apply["metadata"]!["resourceVersion"] = item.Metadata.ResourceVersion;
        }

        return await client.ApplyAsync<T>(item.Metadata.NamespacedName, apply, Options, ct).ConfigureAwait(false);
    }

    /// <summary>True when both are the same on the wire.</summary>
    public static bool Same<TStatus>(TStatus left, TStatus right)
        where TStatus : class =>
        Same(left, JsonSerializer.SerializeToNode(right, KubeJson.Options)!);

    private static bool Same<TStatus>(TStatus left, JsonNode right) =>
        JsonNode.DeepEquals(JsonSerializer.SerializeToNode(left, KubeJson.Options), right);
}
