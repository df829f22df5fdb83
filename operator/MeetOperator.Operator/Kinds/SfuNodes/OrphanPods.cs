using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>
/// Deletes Pods whose SfuNode no longer exists, for example because its finalizer was removed by hand. They have no owner, so garbage collection does not
/// delete them.
/// </summary>
internal static class OrphanPods
{
    public static async Task RemoveAsync(ClusterView cluster, NamespacedName node, CancellationToken ct)
    {
        if (cluster.Pods.Get(node) is not { Metadata: { DeletionTimestamp: null, Labels: { } labels } } pod
            || !labels.TryGetValue(MeetLabels.SfuNode, out var name) || name != node.Name
            || await ExistsAsync(cluster.Client, node, ct).ConfigureAwait(false))
        {
            return;
        }

        await cluster.Client.TryDeleteAsync<Pod>(node, ct, new DeleteOptions { Uid = pod.Metadata.Uid }).ConfigureAwait(false);
    }

    /// <summary>Asks the API server, because the SfuNode informer may lag behind the Pod informer.</summary>
    private static async Task<bool> ExistsAsync(KubeClient client, NamespacedName node, CancellationToken ct) =>
        (await client.ListAsync<SfuNode>(node.Namespace, new ListOptions { FieldSelector = $"metadata.name={node.Name}" }, ct).ConfigureAwait(false)).Items.Count > 0;
}
