using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Finds ports for a new node of a pool, based on the current state of the cluster.</summary>
internal sealed class PoolPorts(ClusterView cluster)
{
    /// <summary>Returns null when no cluster node that may run the media node has enough free ports.</summary>
    /// <param name="pool">The pool of the new node.</param>
    /// <param name="created">Created nodes that are not in the informer yet.</param>
    public IReadOnlyList<int>? FindFree(SfuPool pool, IEnumerable<SfuNode> created)
    {
        var exposure = pool.Spec.Exposure;
        var clusterNodes = ClusterNodesOf(pool);

        // With Static, clients reach all nodes of a pool at the same addresses, so only the port distinguishes them.
        var apart = clusterNodes.Count > 1 && exposure.AddressSource != AddressSource.Static;
        var nodes = cluster.Nodes.List().Concat(created).DistinctBy(node => node.Metadata.NamespacedName).Where(HasPorts);
        var holders = nodes.Select(node => (ClusterNode: ClusterNodeOf(node), Node: node))
            .Where(entry => !apart || entry.ClusterNode is null || clusterNodes.Contains(entry.ClusterNode))
            .GroupBy(entry => entry.ClusterNode ?? entry.Node.Metadata.NamespacedName.ToString(), entry => entry.Node.Spec.UdpPorts)
            .Select(group => group.SelectMany(ports => ports).Distinct().ToArray()).ToArray();
        return PortAllocator.Allocate(exposure.PortRange, exposure.UdpPorts, holders, apart ? clusterNodes.Count : 1);
    }

    /// <summary>
    /// Whether the node's ports are in use. A node without a Pod gets one only with ports from its own pool's range, so other ports that it lists do not count.
    /// </summary>
    private bool HasPorts(SfuNode node) => cluster.Pods.Get(node.Metadata.NamespacedName) is not null
        || cluster.PoolOf(node) is not { } own || PoolRules.ContainsPorts(node, own.Spec.Exposure.PortRange);

    /// <summary>Names of the cluster nodes that may run the pool's Pods; empty when cluster nodes cannot be read.</summary>
    private HashSet<string> ClusterNodesOf(SfuPool pool) =>
        [.. cluster.ClusterNodes.List().Where(clusterNode => ClusterNodeFit.CanRun(clusterNode, pool.Spec.Template)).Select(clusterNode => clusterNode.Metadata.Name!)];

    /// <summary>Null while the node's Pod is not scheduled and may run on any cluster node.</summary>
    private string? ClusterNodeOf(SfuNode node) => cluster.Pods.Get(node.Metadata.NamespacedName)?.Spec.NodeName is { Length: > 0 } clusterNode ? clusterNode : null;
}
