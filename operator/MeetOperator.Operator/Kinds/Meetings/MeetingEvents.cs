using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Metrics;
using MeetOperator.Placement.Decisions;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Records events of meetings. Each is recorded when it happens, not at every later reconcile.</summary>
internal sealed class MeetingEvents(MeetEvents events, OperatorMetrics metrics, WriteBudget budget)
{
    public void RecordPlacement(MeetingContext context, PlacementDecision decision)
    {
        if (decision.HasNewAssignments)
        {
            events.Normal(context.Meeting, decision.Outcome.ToString(), decision.Reason);
            metrics.RecordPlacement(decision.Outcome);
        }

        if (decision.Outcome == PlacementOutcome.Placed && context.Meeting.Metadata.CreationTimestamp is { } created)
        {
            metrics.RecordReady(context.Now - created);
        }
    }

    /// <summary>Records how a requested move ended without a move. One that succeeded is the event of its placement.</summary>
    /// <param name="context">The meeting, with the present status.</param>
    /// <param name="before">The status of the move before.</param>
    public void RecordMove(MeetingContext context, MeetingMove? before)
    {
        var now = context.Status.Move;
        if (now is { State: MeetingMoveState.Refused or MeetingMoveState.Failed } && now != before)
        {
            events.Warning(context.Meeting, $"Move{now.State}", now.Message ?? string.Empty);
        }
        else if (now is null && MeetingMoves.IsGoingOn(before))
        {
            events.Normal(context.Meeting, "MoveCanceled", $"the move to {before!.SfuNode} was taken back (placement.moveTo)");
        }
    }

    public void RecordRoomRejection(MeetingContext context, string node, string reason)
    {
        if (budget.TryTake())
        {
            events.Warning(context.Meeting, "RoomRejected", $"{node} rejected the room: {reason}");
        }
    }

    /// <summary>Records each reason once. Under load, the write budget drops events; the statuses still show the reason.</summary>
    public void RecordNotReady(MeetingContext context, string reason, string message)
    {
        if (Conditions.Get(context.Meeting.Status?.Conditions, MeetConditions.Ready)?.Reason != reason && budget.TryTake())
        {
            events.Warning(context.Meeting, reason, message);
        }
    }

    /// <summary>Records once that a media node does not enforce the connectivity settings.</summary>
    public void RecordNotEnforced(MeetingContext context)
    {
        if (Conditions.Get(context.Meeting.Status?.Conditions, MeetConditions.Reconciling)?.Reason != MeetingStatuses.NotEnforced && budget.TryTake())
        {
            events.Warning(context.Meeting, MeetingStatuses.NotEnforced, context.Status.Message!);
        }
    }

    /// <summary>Records no event: the status of an ended meeting contains all of it, and an event would cost one more request per meeting.</summary>
    public void RecordEnd(string reason) => metrics.RecordEnd(reason);
}
