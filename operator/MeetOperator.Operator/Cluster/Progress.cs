using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Runtime;

namespace MeetOperator.Operator.Cluster;

/// <summary>
/// The conditions Reconciling and Stalled of kstatus: present only while true, and never both, so that tools which know nothing of our kinds can tell an object
/// that is on its way from one that waits for people. Pure.
/// </summary>
internal static class Progress
{
    /// <summary>The operator is at work, or waits for something that comes by itself.</summary>
    public static IList<Condition> Reconciling(IEnumerable<Condition>? conditions, string reason, string message, long? generation, DateTimeOffset now) =>
        Only(conditions, MeetConditions.Reconciling, reason, message, generation, now);

    /// <summary>Nothing more will happen until somebody changes something.</summary>
    public static IList<Condition> Stalled(IEnumerable<Condition>? conditions, string reason, string message, long? generation, DateTimeOffset now) =>
        Only(conditions, MeetConditions.Stalled, reason, message, generation, now);

    /// <summary>The object is as it was asked to be.</summary>
    public static IList<Condition> Reached(IEnumerable<Condition>? conditions) =>
        Conditions.Remove(Conditions.Remove(conditions, MeetConditions.Reconciling), MeetConditions.Stalled);

    private static IList<Condition> Only(IEnumerable<Condition>? conditions, string type, string reason, string message, long? generation, DateTimeOffset now)
    {
        var other = type == MeetConditions.Stalled ? MeetConditions.Reconciling : MeetConditions.Stalled;
        var condition = new Condition { Type = type, Status = ConditionStatus.True, Reason = reason, Message = message, ObservedGeneration = generation };
        return Conditions.Set(Conditions.Remove(conditions, other), condition, now);
    }
}
