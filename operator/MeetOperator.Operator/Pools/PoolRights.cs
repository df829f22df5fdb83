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

    /// <summary>Why the pool makes no node; null when it may.</summary>
    public PoolRefusal? Refusal(SfuPool pool) => Judge(pool, others => others.Where(other => PoolRules.Precedes(other, pool))).FirstOrDefault();

    /// <summary>
    /// Why the node gets no Pod; null when it may have one. The pool may have changed since it was allowed the node, and somebody may have made the SfuNode by hand.
    /// Its ports are its own once it has them, whatever other pools want.
    /// </summary>
    public PoolRefusal? Refusal(SfuNode node, SfuPool pool) =>
        Refusal(pool) is { Field: not PoolRules.PortsField } refusal ? refusal : PoolRules.Judge(node, pool.Spec.Exposure);

    /// <summary>Everything that is wrong with a pool that is about to be stored.</summary>
    public IEnumerable<PoolRefusal> Refusals(SfuPool pool) => Judge(pool, static others => others);

    private IEnumerable<PoolRefusal> Judge(SfuPool pool, Func<IEnumerable<SfuPool>, IEnumerable<SfuPool>> rivals)
    {
        var key = pool.Metadata.NamespacedName;
        var tenant = cluster.OwnerOf(key.Namespace) is { } owner ? cluster.Tenants.Get(new NamespacedName(null, owner)) : null;
        var others = cluster.Pools.List().Where(other => other.Metadata.NamespacedName != key && other.Metadata.DeletionTimestamp is null);
        return PoolRules.Judge(pool, IsShared(key.Namespace), tenant, rivals(others), options);
    }
}
