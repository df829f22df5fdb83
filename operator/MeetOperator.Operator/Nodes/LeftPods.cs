using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Nodes;

/// <summary>Removes Pods whose SfuNode is gone, for example because somebody took its finalizer off by hand: they have no owner with which they would go.</summary>
internal static class LeftPods
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

    /// <summary>The informer of SfuNodes may be behind that of Pods: the API server decides.</summary>
    private static async Task<bool> ExistsAsync(KubeClient client, NamespacedName node, CancellationToken ct) =>
        (await client.ListAsync<SfuNode>(node.Namespace, new ListOptions { FieldSelector = $"metadata.name={node.Name}" }, ct).ConfigureAwait(false)).Items.Count > 0;
}
