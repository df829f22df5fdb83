using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Resources;

/// <summary>
/// Refuses every eviction of a media node that is in use, for the time in which no operator answers the webhook for evictions. The operator deletes Pods itself once they are empty,
/// and deletions need no budget. Each pool owns one.
/// </summary>
internal static class MediaNodeDisruptionBudget
{
    /// <summary>More Pods than a pool can have, so that the budget never allows a disruption.</summary>
    private const int More = 1_000_000;

    public static string NameOf(string pool) => $"{pool}-media-nodes";

    public static T Build<T>(SfuPool pool)
        where T : DisruptionBudget, new() => new()
    {
        Metadata = new ObjectMeta
        {
            Name = NameOf(pool.Metadata.Name!),
            Namespace = pool.Metadata.Namespace,
            Labels = new Dictionary<string, string> { [MeetLabels.SfuPool] = pool.Metadata.Name! },
            OwnerReferences = [Owner.Of(pool)],
        },
        Spec = new DisruptionBudgetSpec
        {
            MinAvailable = More,
            Selector = new() { MatchLabels = new Dictionary<string, string> { [MeetLabels.SfuPool] = pool.Metadata.Name!, [MeetLabels.InUse] = "true" } },
        },
    };
}
