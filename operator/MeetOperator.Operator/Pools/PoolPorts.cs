using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Pools;

/// <summary>Ports for one more node of a pool, by what the cluster says now.</summary>
internal sealed class PoolPorts(ClusterView cluster)
{
    /// <summary>Null when none are free together on any machine that may run the node.</summary>
    /// <param name="pool">Whose node.</param>
    /// <param name="made">Nodes that the informer does not show yet.</param>
    public IReadOnlyList<int>? Free(SfuPool pool, IEnumerable<SfuNode> made)
    {
        var exposure = pool.Spec.Exposure;
        var machines = MachinesOf(pool);

        // People call all nodes of a pool with Static by the same addresses, so a port tells them apart.
        var apart = machines.Count > 1 && exposure.AddressSource != AddressSource.Static;
        var nodes = cluster.Nodes.List().Concat(made).DistinctBy(node => node.Metadata.NamespacedName).Where(MayHold);
        var holders = nodes.Select(node => (Machine: MachineOf(node), Node: node))
            .Where(entry => !apart || entry.Machine is null || machines.Contains(entry.Machine))
            .GroupBy(entry => entry.Machine ?? entry.Node.Metadata.NamespacedName.ToString(), entry => entry.Node.Spec.UdpPorts)
            .Select(group => group.SelectMany(ports => ports).Distinct().ToArray()).ToArray();
        return PortAllocator.Allocate(exposure.PortRange, exposure.UdpPorts, holders, apart ? machines.Count : 1);
    }

    /// <summary>A node without a Pod gets one with ports of its own pool's range only, so others it holds from nobody.</summary>
    private bool MayHold(SfuNode node) => cluster.Pods.Get(node.Metadata.NamespacedName) is not null
        || cluster.PoolOf(node) is not { } own || PoolRules.Holds(node, own.Spec.Exposure.PortRange);

    /// <summary>Names of the machines that may run the pool's Pods; none when the operator does not see machines.</summary>
    private HashSet<string> MachinesOf(SfuPool pool) =>
        [.. cluster.Machines.List().Where(machine => MachineFit.MayRun(machine, pool.Spec.Template)).Select(machine => machine.Metadata.Name!)];

    /// <summary>Null while the node has none, and may come to any.</summary>
    private string? MachineOf(SfuNode node) => cluster.Pods.Get(node.Metadata.NamespacedName)?.Spec.NodeName is { Length: > 0 } machine ? machine : null;
}
