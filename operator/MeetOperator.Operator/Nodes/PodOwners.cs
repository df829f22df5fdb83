using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Nodes;

/// <summary>
/// Takes their SfuNode off Pods as their owner: Pods that an older version made, or that were given away when the operator was uninstalled. With it, a deletion in
/// the foreground would end the Pod while people are on it.
/// </summary>
internal static class PodOwners
{
    public static async Task DisownAsync(KubeClient client, SfuNode node, Pod pod, CancellationToken ct)
    {
        if (pod.Metadata is not { DeletionTimestamp: null, OwnerReferences: { } owners } || owners.All(owner => owner.Uid != node.Metadata.Uid))
        {
            return;
        }

        var others = owners.Where(owner => owner.Uid != node.Metadata.Uid).Select(owner => JsonSerializer.SerializeToNode(owner, KubeJson.Options));
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid, ["resourceVersion"] = pod.Metadata.ResourceVersion, ["ownerReferences"] = new JsonArray([.. others]) },
        };
        try
        {
            await client.MergePatchAsync<Pod>(pod.Metadata.NamespacedName, patch, ct).ConfigureAwait(false);
        }
        catch (KubeApiException refusal) when (refusal.IsForbidden || refusal.IsNotFound || refusal.IsConflict)
        {
            // The role of an older chart, before an upgrade or after a rollback, or a Pod that has changed meanwhile: tried again at the next look.
        }
    }
}
