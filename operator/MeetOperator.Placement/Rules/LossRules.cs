using MeetOperator.Contracts.Meetings;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;

namespace MeetOperator.Placement.Rules;

/// <summary>Removes the media nodes that can no longer carry the meeting. Pure.</summary>
internal static class LossRules
{
    public static AssignmentPlan Apply(AssignmentPlan plan)
    {
        string? origin = null;
        foreach (var node in plan.Nodes)
        {
            if (FindReason(plan, node) is not { } reason)
            {
                continue;
            }

            origin = node.Role == AssignmentRole.Origin ? reason : origin;
            plan = node.State == NodeAssignmentState.Leaving
                ? plan.Without(node, PlacementOutcome.Left, $"left {node.SfuNode}: {reason}")
                : plan.Without(node, PlacementOutcome.Reduced, reason);
        }

        // The loss of the origin is the reason of what follows: another node takes its place.
        return origin is null ? plan : plan with { Outcome = PlacementOutcome.Moved, Reason = origin };
    }

    /// <summary>A node that is only being prepared is also lost when the meeting may not be there any more: it has no participants yet.</summary>
    private static string? FindReason(AssignmentPlan plan, NodeAssignment node)
    {
        var snapshot = plan.SnapshotOf(node);
        return LeaveReasons.FindLoss(node, snapshot)
            ?? (node is { State: NodeAssignmentState.Preparing, Role: not AssignmentRole.Origin } && NodeChoice.FindDisallowedReason(plan.Context, snapshot!) is { } disallowed
                ? $"{node.SfuNode} may not carry the meeting: {disallowed}"
                : null);
    }
}
