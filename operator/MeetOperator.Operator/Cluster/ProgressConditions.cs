using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;

namespace MeetOperator.Operator.Cluster;

/// <summary>
/// The kstatus conditions Reconciling and Stalled. Each is present only while true, and never both, so that generic tools can tell an object in progress from one that
/// needs intervention. Pure.
/// </summary>
internal static class ProgressConditions
{
    /// <summary>The operator is working, or waits for something that resolves by itself.</summary>
    public static IList<Condition> Reconciling(IEnumerable<Condition>? conditions, string reason, string message, long? generation, DateTimeOffset now) =>
        SetOnly(conditions, MeetConditions.Reconciling, reason, message, generation, now);

    /// <summary>Nothing more happens until something is changed.</summary>
    public static IList<Condition> Stalled(IEnumerable<Condition>? conditions, string reason, string message, long? generation, DateTimeOffset now) =>
        SetOnly(conditions, MeetConditions.Stalled, reason, message, generation, now);

    /// <summary>The object has reached its desired state.</summary>
    public static IList<Condition> Reached(IEnumerable<Condition>? conditions) =>
        Conditions.Remove(Conditions.Remove(conditions, MeetConditions.Reconciling), MeetConditions.Stalled);

    private static IList<Condition> SetOnly(IEnumerable<Condition>? conditions, string type, string reason, string message, long? generation, DateTimeOffset now)
    {
        var other = type == MeetConditions.Stalled ? MeetConditions.Reconciling : MeetConditions.Stalled;
        var condition = new Condition { Type = type, Status = ConditionStatus.True, Reason = reason, Message = message, ObservedGeneration = generation };
        return Conditions.Set(Conditions.Remove(conditions, other), condition, now);
    }
}
