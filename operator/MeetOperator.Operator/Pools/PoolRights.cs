using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Hosting;

namespace MeetOperator.Operator.Pools;

/// <summary>Judges pools by what the cluster says now: at admission, before a node is made, and before the Pod of a node is.</summary>
internal sealed class PoolRights(ClusterView cluster, OperatorOptions options)
{
    /// <summary>True for namespaces whose pools every tenant may be given: the admin's list decides, and no label.</summary>
    public bool IsShared(string? @namespace) => @namespace is not null && (@namespace == options.Namespace || options.Pools.Namespaces.Contains(@namespace));

    /// <summary>
    /// False for a node that a meeting of the namespace cannot have been given: one of another tenant. A namespace that the installation has taken off its list goes on with
    /// the meetings that it has.
    /// </summary>
    public bool MayCarry(string? meetingNamespace, string? nodeNamespace) =>
        nodeNamespace == meetingNamespace || IsShared(nodeNamespace) || cluster.OwnerOf(nodeNamespace) is null;

    /// <summary>Why the pool makes no node; null when it may.</summary>
    public PoolRefusal? Refusal(SfuPool pool) => Judge(pool, onlyEarlier: true).FirstOrDefault();

    /// <summary>
    /// Why the node gets no Pod; null when it may have one. The pool may have changed since it was allowed the node, and somebody may have made the SfuNode by hand.
    /// Its ports are its own once it has them, whatever other pools want.
    /// </summary>
    public PoolRefusal? Refusal(SfuNode node, SfuPool pool) =>
        Refusal(pool) is { Field: not PoolRules.PortsField } refusal ? refusal : PoolRules.Judge(node, pool.Spec.Exposure);

    /// <summary>Everything that is wrong with a pool that is about to be stored.</summary>
    public IEnumerable<PoolRefusal> Refusals(SfuPool pool) => Judge(pool, onlyEarlier: false);

    private IEnumerable<PoolRefusal> Judge(SfuPool pool, bool onlyEarlier)
    {
        var key = pool.Metadata.NamespacedName;
        var rivals = cluster.Pools.List().Where(other => other.Metadata.NamespacedName != key && HoldsPorts(other) && MayHold(other, pool, onlyEarlier));
        return Judge(pool, rivals);
    }

    private IEnumerable<PoolRefusal> Judge(SfuPool pool, IEnumerable<SfuPool> rivals)
    {
        var @namespace = pool.Metadata.Namespace;
        var tenant = cluster.OwnerOf(@namespace) is { } owner ? cluster.Tenants.Get(new NamespacedName(null, owner)) : null;
        return PoolRules.Judge(pool, IsShared(@namespace), tenant, rivals, options);
    }

    /// <summary>A pool with nodes, or one that may make some: what is only written down claims nothing.</summary>
    private bool HoldsPorts(SfuPool pool) =>
        cluster.NodesOf(pool).Count > 0 || (pool is { Spec.Replicas: > 0, Metadata.DeletionTimestamp: null } && !Judge(pool, rivals: []).Any());

    /// <summary>Pools of the installation come before tenants', among their like those that have nodes, and then the earlier one; at admission whoever is there already.</summary>
    private bool MayHold(SfuPool other, SfuPool pool, bool onlyEarlier)
    {
        if (IsShared(other.Metadata.Namespace) is var isShared && isShared != IsShared(pool.Metadata.Namespace))
        {
            return isShared;
        }

        var serves = cluster.NodesOf(other).Count > 0;
        return !onlyEarlier || (serves == cluster.NodesOf(pool).Count > 0 ? PoolRules.Precedes(other, pool) : serves);
    }
}
