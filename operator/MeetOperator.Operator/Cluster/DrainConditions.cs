using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Cluster;

/// <summary>The DrainBlocked condition, which is present only while it is true. Pure.</summary>
internal static class DrainConditions
{
    public static IList<Condition> Set(IEnumerable<Condition>? conditions, NodeFailure? blocked, long? generation, DateTimeOffset now) =>
        ProblemConditions.Set(conditions, MeetConditions.DrainBlocked, blocked, generation, now);

    /// <summary>The recorded failure that blocks the drain, or null.</summary>
    public static NodeFailure? Of(IEnumerable<Condition>? conditions) =>
        Conditions.Get(conditions, MeetConditions.DrainBlocked) is { Status: ConditionStatus.True } blocked ? new NodeFailure(blocked.Reason, blocked.Message) : null;
}
