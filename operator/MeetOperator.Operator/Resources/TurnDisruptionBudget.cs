using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Resources;

/// <summary>
/// Refuses every eviction of a relay that is in use, for the time in which no operator answers the webhook for evictions. The operator deletes relays itself once they are empty, and
/// deletions need no budget. Each pool owns one.
/// </summary>
internal static class TurnDisruptionBudget
{
    /// <summary>More Pods than a pool can have, so that the budget never allows a disruption.</summary>
    private const int More = 1_000_000;

    public static string NameOf(string pool) => $"{pool}-relays";

    public static T Build<T>(TurnPool pool)
        where T : DisruptionBudget, new() => new()
    {
        Metadata = new ObjectMeta
        {
            Name = NameOf(pool.Metadata.Name!),
            Namespace = pool.Metadata.Namespace,
            Labels = new Dictionary<string, string> { [MeetLabels.TurnPool] = pool.Metadata.Name! },
            OwnerReferences = [TurnPod.OwnerOf(pool)],
        },
        Spec = new DisruptionBudgetSpec
        {
            MinAvailable = More,
            Selector = new() { MatchLabels = new Dictionary<string, string> { [MeetLabels.TurnPool] = pool.Metadata.Name!, [MeetLabels.InUse] = "true" } },
        },
    };
}
