using MeetOperator.Contracts;
using MeetOperator.Kube.Runtime;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Hosting;
using MeetOperator.Placement;

namespace MeetOperator.Operator.Meetings;

/// <summary>Events of meetings; each is told when it happens, not at every reconcile that finds it so.</summary>
internal sealed class MeetingEvents(MeetEvents events, OperatorMetrics metrics, WriteBudget budget)
{
    public void Placed(MeetingContext context, PlacementDecision decision)
    {
        if (decision.Outcome is PlacementOutcome.Placed or PlacementOutcome.Moved)
        {
            events.Normal(context.Meeting, decision.Outcome.ToString(), decision.Reason);
            metrics.Placed(decision.Outcome);
        }

        if (decision.Outcome == PlacementOutcome.Placed && context.Meeting.Metadata.CreationTimestamp is { } created)
        {
            metrics.BecameReady(context.Now - created);
        }
    }

    public void RoomRefused(MeetingContext context, string node, string reason)
    {
        if (budget.TryTake())
        {
            events.Warning(context.Meeting, "RoomRefused", $"{node} did not make the room: {reason}");
        }
    }

    /// <summary>Told once for each reason; of very many at once the statuses alone tell.</summary>
    public void NotReady(MeetingContext context, string reason, string message)
    {
        if (Conditions.Get(context.Meeting.Status?.Conditions, MeetConditions.Ready)?.Reason != reason && budget.TryTake())
        {
            events.Warning(context.Meeting, reason, message);
        }
    }

    /// <summary>No event: the status of a meeting that has ended says all of it, and an event is one request more for each meeting.</summary>
    public void Ended(string reason) => metrics.Ended(reason);
}
