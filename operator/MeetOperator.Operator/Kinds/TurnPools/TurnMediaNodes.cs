using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>The media nodes that the meetings of a pool's tenant can be on, for a pool of the installation those of all. A node that drains is among them until its Pod has ended.</summary>
internal sealed class TurnMediaNodes(ClusterView cluster, PoolRights rights, OperatorOptions options)
{
    /// <summary>The addresses to which relays in the namespace may forward.</summary>
    public IReadOnlyList<string> FindPeers(string? @namespace) => TurnPeers.Select(
        Of(@namespace).SelectMany(entry => (entry.Node.Status?.Addresses ?? []).Select(address => new TurnPeer(address, OriginOf(@namespace, entry.Node, entry.Pod, address)))),
        options.Turn.LoopbackPeers);

    /// <summary>The UDP ports at which these media nodes receive media, sorted.</summary>
    public IReadOnlyList<int> FindPorts(string? @namespace) => [.. Of(@namespace).SelectMany(entry => entry.Node.Spec.UdpPorts).Distinct().Order()];

    /// <summary>A node without a Pod may have been created by hand, with any ports, and has no address.</summary>
    private IEnumerable<(SfuNode Node, Pod Pod)> Of(string? @namespace) =>
        from node in cluster.Nodes.List()
        where rights.IsShared(@namespace) || rights.CanCarry(@namespace, node.Metadata.Namespace)
        let pod = cluster.Pods.Get(node.Metadata.NamespacedName)
        where pod is not null && !HasEnded(pod)
        select (node, pod);

    /// <summary>Whether another Pod may have the addresses of this one by now.</summary>
    private static bool HasEnded(Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed"
        || (pod.Metadata.DeletionTimestamp is not null && pod.Status?.ContainerStatuses is { Count: > 0 } containers && containers.All(container => container.State?.Terminated is not null));

    private PeerOrigin OriginOf(string? @namespace, SfuNode node, Pod pod, string address) =>
        IsObserved(node, pod, address) ? PeerOrigin.Cluster
        : rights.IsShared(node.Metadata.Namespace) ? PeerOrigin.Installation
        : node.Metadata.Namespace == @namespace ? PeerOrigin.OwnTenant
        : PeerOrigin.OtherTenant;

    /// <summary>
    /// Compares with the Pod and its cluster node, and not with the addressSource of the SfuPool, which its author may have changed since the address was written. External addresses are
    /// taken from the status while cluster nodes cannot be read: the operator wrote them.
    /// </summary>
    private bool IsObserved(SfuNode node, Pod pod, string address) =>
        address == pod.Status?.HostIp
        || address == pod.Status?.PodIp
        || pod.Status?.PodIps?.Any(each => each.Ip == address) == true
        || (cluster.ClusterNodes.HasSynced
            ? FindClusterNode(pod)?.Status?.Addresses?.Any(each => each.Type is "ExternalIP" or "InternalIP" && each.Address == address) == true
            : cluster.PoolOf(node)?.Spec.Exposure.AddressSource == AddressSource.NodeExternalIP);

    private Node? FindClusterNode(Pod pod) => pod.Spec.NodeName is { Length: > 0 } name ? cluster.ClusterNodes.Get(new NamespacedName(null, name)) : null;
}
