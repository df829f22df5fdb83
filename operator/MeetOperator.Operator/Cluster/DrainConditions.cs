using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Cluster;

/// <summary>The DrainBlocked condition, which is present only while it is true. Pure.</summary>
internal static class DrainConditions
{
    public static IList<Condition> Set(IEnumerable<Condition>? conditions, NodeFailure? blocked, long? generation, DateTimeOffset now) => blocked is null
        ? Conditions.Remove(conditions, MeetConditions.DrainBlocked)
        : Conditions.Set(
            conditions,
            new Condition { Type = MeetConditions.DrainBlocked, Status = ConditionStatus.True, Reason = blocked.Reason, Message = blocked.Message, ObservedGeneration = generation },
            now);

    /// <summary>The recorded failure that blocks the drain, or null.</summary>
    public static NodeFailure? Of(IEnumerable<Condition>? conditions) =>
        Conditions.Get(conditions, MeetConditions.DrainBlocked) is { Status: ConditionStatus.True } blocked ? new NodeFailure(blocked.Reason, blocked.Message) : null;
}
