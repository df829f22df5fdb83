using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Runtime;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Cluster;

/// <summary>The condition DrainBlocked, present only while true. Pure.</summary>
internal static class DrainConditions
{
    public static IList<Condition> Set(IEnumerable<Condition>? conditions, NodeProblem? blocked, long? generation, DateTimeOffset now) => blocked is null
        ? Conditions.Remove(conditions, MeetConditions.DrainBlocked)
        : Conditions.Set(
            conditions,
            new Condition { Type = MeetConditions.DrainBlocked, Status = ConditionStatus.True, Reason = blocked.Reason, Message = blocked.Message, ObservedGeneration = generation },
            now);

    /// <summary>What blocks, as it was written down; null when nothing does.</summary>
    public static NodeProblem? Of(IEnumerable<Condition>? conditions) =>
        Conditions.Get(conditions, MeetConditions.DrainBlocked) is { Status: ConditionStatus.True } blocked ? new NodeProblem(blocked.Reason, blocked.Message) : null;
}
