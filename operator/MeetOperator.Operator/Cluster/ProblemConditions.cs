using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Cluster;

/// <summary>Conditions that are present only while they are true. Pure.</summary>
internal static class ProblemConditions
{
    public static IList<Condition> Set(IEnumerable<Condition>? conditions, string type, NodeFailure? problem, long? generation, DateTimeOffset now) => problem is null
        ? Conditions.Remove(conditions, type)
        : Conditions.Set(
            conditions,
            new Condition { Type = type, Status = ConditionStatus.True, Reason = problem.Reason, Message = problem.Message, ObservedGeneration = generation },
            now);
}
