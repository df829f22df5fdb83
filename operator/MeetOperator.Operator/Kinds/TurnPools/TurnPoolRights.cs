using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Checks pools of relays against the current state of the cluster.</summary>
internal sealed class TurnPoolRights(ClusterView cluster, PoolRights rights, OperatorOptions options)
{
    /// <summary>The reason why the pool may have no relays, or null. Relays that it has already are then drained.</summary>
    public PoolRejection? FindRejection(TurnPool pool)
    {
        var alone = Alone(pool);
        if (TurnPoolRules.FindRejection(pool, alone, options) is { } rejection)
        {
            return rejection;
        }

        var serving = ServingPools();
        TurnPool[] earlier = [.. cluster.TurnPools.List().Where(other =>
            other.Metadata.NamespacedName != pool.Metadata.NamespacedName && TakesPrecedence(other, pool, serving) && HoldsPorts(other, serving))];
        var own = HostPortClaim.Of(pool);
        TurnPool[] ours = [.. earlier.Where(other => other.Metadata.Namespace == pool.Metadata.Namespace)];
        return TurnPoolRules.FindRejection(
            pool,
            alone with
            {
                Rivals =
                [
                    .. cluster.Pools.List().Where(other => own.FindOverlap(HostPortClaim.Of(other)) is not null && !rights.ComesBefore(pool, other) && rights.HoldsPorts(other)).Select(HostPortClaim.Of),
                    .. earlier.Select(HostPortClaim.Of),
                ],
                HostRelayPorts = ours.Where(other => other.Spec.Exposure.Type == ExposureType.HostNetwork).Sum(TurnPoolRules.WidthOf),
                EarlierInNamespace = ours.Length,
                Earlier = earlier.Length,
            },
            options);
    }

    private TurnPoolClaims Alone(TurnPool pool) => new()
    {
        IsShared = rights.IsShared(pool.Metadata.Namespace),
        Tenant = cluster.OwnerOf(pool.Metadata.Namespace) is { } owner ? cluster.Tenants.Get(new NamespacedName(null, owner)) : null,
    };

    /// <summary>The UIDs of pools that have Pods.</summary>
    private HashSet<string> ServingPools() => [.. cluster.TurnPods.List().SelectMany(pod => pod.Metadata.OwnerReferences ?? []).Select(owner => owner.Uid)];

    /// <summary>A pool that merely exists claims no ports.</summary>
    private bool HoldsPorts(TurnPool pool, HashSet<string> serving) =>
        serving.Contains(pool.Metadata.Uid!) || (pool.Metadata.DeletionTimestamp is null && (pool.Spec.Replicas > 0 || pool.Spec.Autoscaling is not null) && TurnPoolRules.FindRejection(pool, Alone(pool), options) is null);

    /// <summary>Pools of the installation first, then pools with relays, then the older pool. Every existing pool is older than one that is being created.</summary>
    private bool TakesPrecedence(TurnPool other, TurnPool pool, HashSet<string> serving)
    {
        if (rights.IsShared(other.Metadata.Namespace) is var isShared && isShared != rights.IsShared(pool.Metadata.Namespace))
        {
            return isShared;
        }

        var serves = serving.Contains(other.Metadata.Uid!);
        return pool.Metadata.CreationTimestamp is null || (serves == serving.Contains(pool.Metadata.Uid!) ? PoolRules.IsOlder(other, pool) : serves);
    }
}
