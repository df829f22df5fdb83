using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>
/// Removes the SfuNode from a Pod's owner references, which older versions and an uninstall add. With it, foreground deletion of the SfuNode would end the Pod while
/// participants are connected.
/// </summary>
internal static class PodOwners
{
    public static async Task RemoveOwnerAsync(KubeClient client, SfuNode node, Pod pod, CancellationToken ct)
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
        catch (KubeApiException error) when (error.IsForbidden || error.IsNotFound || error.IsConflict)
        {
            // Either the role comes from an older chart, during an upgrade or rollback, or the Pod has changed. The next reconcile retries.
        }
    }
}
