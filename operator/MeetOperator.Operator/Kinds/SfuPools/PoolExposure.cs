using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Exposure;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Registration;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Whether the ports of media nodes answer, by exchanges with each of them.</summary>
internal sealed class PoolExposure
{
    private readonly ClusterView _cluster;
    private readonly MediaFleet _fleet;
    private readonly bool _allowsLocal;
    private readonly PoolRights _rights;
    private readonly ExposureProber _prober;

    public PoolExposure(LeaderContext leader, PoolRights rights)
    {
        (_cluster, _fleet, _rights, _allowsLocal) = (leader.Cluster, leader.Fleet, rights, leader.Options.Turn.LoopbackPeers);
        _prober = new ExposureProber(
            () =>
            {
                var known = Known();
                return [.. _cluster.Pools.List().SelectMany(pool => TargetsOf(pool, NodesOf(pool), known))];
            },
            leader.Cluster.Client, leader.Options, leader.Health, "exposure", leader.Logs.CreateLogger<ExposureProber>(), leader.Time);
    }

    public Task RunAsync(CancellationToken ct) => _prober.RunAsync(ct);

    /// <summary>The condition ExposureReady of a pool.</summary>
    public Condition ConditionOf(SfuPool pool)
    {
        var (nodes, range) = (NodesOf(pool), pool.Spec.Exposure.PortRange);
        return ExposureRules.Judge(
            _prober.Of(pool.Metadata.NamespacedName, TargetsOf(pool, nodes, Known())),
            nodes.Count(entry => !entry.Report.AnswersBindings),
            $"open inbound UDP and TCP {range.Min}-{range.Max} on the cluster nodes (firewall, security group), check spec.exposure and the port mapping of the CNI, and that the operator's Pod may send there (networkPolicy.exposureTo)",
            Conditions.Get(pool.Status?.Conditions, MeetConditions.ExposureReady),
            pool.Metadata.Generation);
    }

    private KnownAddresses Known() => new(_cluster.ClusterNodes.List());

    private (SfuNode Node, NodeReport Report)[] NodesOf(SfuPool pool) =>
    [
        .. _cluster.NodesOf(pool).Where(node => !NodeStateRules.IsDraining(node))
            .Select(node => (Node: node, View: _fleet.View(node.Metadata.NamespacedName)))
            .Where(entry => entry.View is { Report: not null, Decision.State: SfuNodeState.Ready or SfuNodeState.Allocated })
            .Select(entry => (entry.Node, entry.View!.Report!)),
    ];

    private IReadOnlyList<ExposureTarget> TargetsOf(SfuPool pool, IEnumerable<(SfuNode Node, NodeReport Report)> nodes, KnownAddresses known) =>
        ExposureTargets.Of(pool, [.. nodes.Where(entry => entry.Report.AnswersBindings).Select(entry => (entry.Node, _cluster.Pods.Get(entry.Node.Metadata.NamespacedName)))], known, _allowsLocal || _rights.IsShared(pool.Metadata.Namespace));
}
