using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Exposure;
using MeetOperator.Operator.Kinds.Registration;
using MeetOperator.Operator.Kinds.SfuPools;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Whether the listeners of relays answer, by exchanges with each of them.</summary>
internal sealed class RelayExposure
{
    private readonly ClusterView _cluster;
    private readonly PoolRights _rights;
    private readonly bool _allowsLocal;
    private readonly ExposureProber _prober;

    public RelayExposure(LeaderContext leader, PoolRights rights)
    {
        (_cluster, _rights, _allowsLocal) = (leader.Cluster, rights, leader.Options.Turn.LoopbackPeers);
        _prober = new ExposureProber(
            () =>
            {
                var known = Known();
                return [.. _cluster.TurnPools.List().SelectMany(pool => TargetsOf(pool, known))];
            },
            leader.Cluster.Client, leader.Options, leader.Health, "relay-exposure", leader.Logs.CreateLogger<ExposureProber>(), leader.Time);
    }

    public Task RunAsync(CancellationToken ct) => _prober.RunAsync(ct);

    /// <summary>The condition ExposureReady of a pool.</summary>
    public Condition ConditionOf(TurnPool pool) => ExposureRules.Judge(
        _prober.Of(pool.Metadata.NamespacedName, TargetsOf(pool, Known())),
        unsupported: 0,
        $"open inbound {string.Join(" and ", pool.Spec.Listeners.GroupBy(one => one.Protocol == TurnProtocol.UDP ? "UDP" : "TCP").Select(group => $"{group.Key} {string.Join(", ", group.Select(one => one.Port).Distinct())}"))} on the cluster nodes (firewall, security group), check spec.exposure and the port mapping of the CNI, and that the operator's Pod may send there (networkPolicy.exposureTo)",
        Conditions.Get(pool.Status?.Conditions, MeetConditions.ExposureReady),
        pool.Metadata.Generation);

    private IReadOnlyList<ExposureTarget> TargetsOf(TurnPool pool, KnownAddresses known) => RelayTargets.Of(
        pool, _allowsLocal || _rights.IsShared(pool.Metadata.Namespace), known, [.. _cluster.TurnPods.List().Where(pod => pod.Metadata.Namespace == pool.Metadata.Namespace)]);

    private KnownAddresses Known() => new(_cluster.ClusterNodes.List());
}
