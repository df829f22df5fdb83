using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Resources;

/// <summary>
/// Refuses every eviction of a media node or relay that is in use, for the time in which no operator answers the webhook for evictions. The operator deletes Pods itself once they are
/// empty, and deletions need no budget. Each pool owns one.
/// </summary>
internal static class PoolDisruptionBudget
{
    /// <summary>More Pods than a pool can have, so that the budget never allows a disruption.</summary>
    private const int More = 1_000_000;

    public static T Build<T>(SfuPool pool)
        where T : DisruptionBudget, new() => Build<T>(pool.Metadata, "media-nodes", MeetLabels.SfuPool, Owner.Of(pool));

    public static T Build<T>(TurnPool pool)
        where T : DisruptionBudget, new() => Build<T>(pool.Metadata, "relays", MeetLabels.TurnPool, TurnPod.OwnerOf(pool));

    private static T Build<T>(ObjectMeta pool, string suffix, string label, OwnerReference owner)
        where T : DisruptionBudget, new() => new()
    {
        Metadata = new ObjectMeta
        {
            Name = $"{pool.Name}-{suffix}",
            Namespace = pool.Namespace,
            Labels = new Dictionary<string, string> { [label] = pool.Name! },
            OwnerReferences = [owner],
        },
        Spec = new DisruptionBudgetSpec
        {
            MinAvailable = More,
            Selector = new() { MatchLabels = new Dictionary<string, string> { [label] = pool.Name!, [MeetLabels.InUse] = "true" } },
        },
    };
}
