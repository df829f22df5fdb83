using System.Text.Json.Nodes;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;

namespace MeetOperator.Kube.Runtime.Objects;

/// <summary>Adds and removes finalizers with a patch that fails with a conflict if the object has changed.</summary>
public static class Finalizers
{
    public static bool Has(KubernetesObject item, string finalizer) => item.Metadata.Finalizers?.Contains(finalizer) == true;

    /// <summary>Returns the object with the finalizer. Sends no request if the finalizer is already present.</summary>
    public static Task<T> AddAsync<T>(KubeClient client, T item, string finalizer, CancellationToken ct)
        where T : KubernetesObject =>
        Has(item, finalizer)
            ? Task.FromResult(item)
            : PatchAsync(client, item, [.. item.Metadata.Finalizers ?? [], finalizer], ct);

    /// <summary>Returns the object without the finalizer, or null if the server deleted the object with its last finalizer.</summary>
    public static async Task<T?> RemoveAsync<T>(KubeClient client, T item, string finalizer, CancellationToken ct)
        where T : KubernetesObject
    {
        if (!Has(item, finalizer))
        {
            return item;
        }

        try
        {
            var left = item.Metadata.Finalizers!.Where(name => name != finalizer).ToArray();
            var result = await PatchAsync(client, item, left, ct).ConfigureAwait(false);
            return left.Length == 0 && item.Metadata.DeletionTimestamp is not null ? null : result;
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    private static Task<T> PatchAsync<T>(KubeClient client, T item, string[] finalizers, CancellationToken ct)
        where T : KubernetesObject
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["uid"] = item.Metadata.Uid,
                ["resourceVersion"] = item.Metadata.ResourceVersion,
                ["finalizers"] = new JsonArray([.. finalizers.Select(name => JsonValue.Create(name))]),
            },
        };
        return client.MergePatchAsync<T>(item.Metadata.NamespacedName, patch, ct);
    }
}
