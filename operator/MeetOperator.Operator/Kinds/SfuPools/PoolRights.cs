using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Checks pools against the current state of the cluster: at admission, before a node is created, and before the node's Pod is created.</summary>
internal sealed class PoolRights(ClusterView cluster, OperatorOptions options)
{
    /// <summary>True for namespaces whose pools can be shared with every tenant. Only the administrator's list decides this; labels have no effect.</summary>
    public bool IsShared(string? @namespace) => @namespace is not null && (@namespace == options.Namespace || options.Pools.Namespaces.Contains(@namespace));

    /// <summary>
    /// False for a node of another tenant, which a meeting in the namespace cannot have been placed on. Pools in a namespace that was removed from the installation's list keep
    /// their meetings.
    /// </summary>
    public bool CanCarry(string? meetingNamespace, string? nodeNamespace) =>
        nodeNamespace == meetingNamespace || IsShared(nodeNamespace) || cluster.OwnerOf(nodeNamespace) is null;

    /// <summary>The assignments of a status that the operator adopts: those whose node can carry a meeting of the namespace.</summary>
    public IReadOnlyList<MeetingAssignment> SelectAdoptable(string? meetingNamespace, IReadOnlyList<MeetingAssignment> assignments) =>
        [.. assignments.Where(assignment => CanCarry(meetingNamespace, assignment.Namespace))];

    /// <summary>The reason why the pool may not create nodes, or null.</summary>
    public PoolRejection? FindRejection(SfuPool pool) => Check(pool, onlyEarlier: true).FirstOrDefault();

    /// <summary>
    /// The reason why the node may not have a Pod, or null. The pool may have changed since the node was created, or the SfuNode may have been created by hand. A node keeps its
    /// ports even if other pools overlap with them.
    /// </summary>
    public PoolRejection? FindRejection(SfuNode node, SfuPool pool) =>
        FindRejection(pool) is { Field: not PoolRules.PortsField } rejection ? rejection : PoolRules.Check(node, pool.Spec.Exposure);

    /// <summary>All rejections of a pool that is about to be stored.</summary>
    public IEnumerable<PoolRejection> FindRejections(SfuPool pool) => Check(pool, onlyEarlier: false);

    /// <summary>Whether the pool has nodes or may create some. A pool that merely exists claims no ports.</summary>
    public bool HoldsPorts(SfuPool pool) =>
        cluster.NodesOf(pool).Count > 0 || (pool is { Spec.Replicas: > 0, Metadata.DeletionTimestamp: null } && !Check(pool, rivals: []).Any());

    /// <summary>
    /// Whether the relays, and not the media nodes, keep ports that both pools claim: a pool of the installation before one of a tenant, then the pool that already has Pods on these ports, then the older
    /// one, of two from the same second the media nodes. So exactly one of two pools comes first, and neither a new pool nor one whose ports are changed takes ports that others use. If both have Pods there, on different cluster nodes, relays come
    /// first: a rejected pool drains its relays, but keeps its media nodes.
    /// </summary>
    public bool ComesBefore(TurnPool relays, SfuPool pool)
    {
        if (IsShared(relays.Metadata.Namespace) is var isShared && isShared != IsShared(pool.Metadata.Namespace))
        {
            return isShared;
        }

        var claim = HostPortClaim.Of(relays);
        return PodsOf(relays).Any(pod => UsesPortsIn(pod, pool.Spec.Exposure.PortRange))
            || (!cluster.NodesOf(pool).Any(node => node.Spec.UdpPorts.Any(claim.Has))
                && relays.Metadata.CreationTimestamp is { } created && (pool.Metadata.CreationTimestamp is not { } other || created < other));
    }

    /// <summary>Whether the pool has relays or may get some. One that breaks a rule claims no ports.</summary>
    private bool HoldsPorts(TurnPool pool) =>
        PodsOf(pool).Any() || (pool.Metadata.DeletionTimestamp is null && (pool.Spec.Replicas > 0 || pool.Spec.Autoscaling is not null)
            && !Conditions.IsTrue(pool.Status?.Conditions, MeetConditions.Stalled));

    private IEnumerable<Pod> PodsOf(TurnPool pool) => cluster.TurnPods.List().Where(pod => pod.Metadata.OwnerReferences?.Any(owner => owner.Uid == pool.Metadata.Uid) == true);

    private static bool UsesPortsIn(Pod relay, PortRange range)
    {
        var (min, max) = relay.Spec.HostNetwork == true ? TurnPod.RelayPortsOf(relay) : default;
        return (min <= range.Max && max >= range.Min)
            || relay.Spec.Containers.Any(container => container.Ports?.Any(port => port.HostPort >= range.Min && port.HostPort <= range.Max) == true);
    }

    private IEnumerable<PoolRejection> Check(SfuPool pool, bool onlyEarlier)
    {
        var key = pool.Metadata.NamespacedName;
        var rivals = cluster.Pools.List().Where(other => other.Metadata.NamespacedName != key && HoldsPorts(other) && TakesPrecedence(other, pool, onlyEarlier));
        var own = HostPortClaim.Of(pool);
        RelayPorts[] relays =
        [
            .. cluster.TurnPools.List().Select(other => (Pool: other, Claim: HostPortClaim.Of(other)))
                .Where(other => own.FindOverlap(other.Claim) is not null && HoldsPorts(other.Pool) && ComesBefore(other.Pool, pool))
                .Select(other => new RelayPorts(other.Claim, IsShared(other.Pool.Metadata.Namespace))),
        ];
        return Check(pool, rivals, relays);
    }

    private IEnumerable<PoolRejection> Check(SfuPool pool, IEnumerable<SfuPool> rivals, IReadOnlyList<RelayPorts>? relays = null)
    {
        var @namespace = pool.Metadata.Namespace;
        var tenant = cluster.OwnerOf(@namespace) is { } owner ? cluster.Tenants.Get(new NamespacedName(null, owner)) : null;
        return PoolRules.Check(pool, IsShared(@namespace), tenant, rivals, options, relays);
    }

    /// <summary>
    /// Whether the other pool's claim on ports takes precedence: pools of the installation first, then pools with nodes, then the older pool. At admission, every
    /// existing pool of the same kind takes precedence.
    /// </summary>
    private bool TakesPrecedence(SfuPool other, SfuPool pool, bool onlyEarlier)
    {
        if (IsShared(other.Metadata.Namespace) is var isShared && isShared != IsShared(pool.Metadata.Namespace))
        {
            return isShared;
        }

        var serves = cluster.NodesOf(other).Count > 0;
        return !onlyEarlier || (serves == cluster.NodesOf(pool).Count > 0 ? PoolRules.IsOlder(other, pool) : serves);
    }
}
