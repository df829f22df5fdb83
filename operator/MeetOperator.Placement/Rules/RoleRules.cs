using MeetOperator.Contracts.Meetings;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;

namespace MeetOperator.Placement.Rules;

/// <summary>Gives a meeting exactly one origin, and keeps the present one while it can be used. Pure.</summary>
internal static class RoleRules
{
    public static AssignmentPlan Apply(AssignmentPlan plan)
    {
        var candidates = plan.Nodes.Where(static node => node.Role == AssignmentRole.Origin && node.State != NodeAssignmentState.Leaving).ToArray();
        if (plan.Outcome != PlacementOutcome.Moved && candidates is [var only] && plan.Nodes.Count(static node => node.Role == AssignmentRole.Origin) == 1)
        {
            return plan.Reason is { } loss && plan.Outcome == PlacementOutcome.Reduced ? plan with { Reason = $"stays on {only.SfuNode}: {loss}" } : plan;
        }

        var chosen = (candidates is [] ? plan.Nodes : candidates).OrderBy(Rank).ThenByDescending(static node => node.Participants).First();
        var origin = chosen with
        {
            Role = AssignmentRole.Origin,
            State = chosen.State == NodeAssignmentState.Preparing && !chosen.Facts.HasRoom ? NodeAssignmentState.Preparing : NodeAssignmentState.Ready,
            Deadline = null,
        };
        var others = plan.Nodes.Where(node => node != chosen).Select(static node => node.Role == AssignmentRole.Origin ? node with { Role = AssignmentRole.Edge } : node);
        return plan with
        {
            Nodes = [origin, .. others],
            Outcome = PlacementOutcome.Moved,
            Reason = $"moved to {origin.SfuNode}: {(plan.Outcome == PlacementOutcome.Moved ? plan.Reason : "the meeting had no single origin")}",
        };
    }

    /// <summary>Where most participants lose least: a room in use, then one that is being left, then one that is being prepared.</summary>
    private static int Rank(NodeAssignment node) => node switch
    {
        { State: NodeAssignmentState.Ready } => 0,
        { State: NodeAssignmentState.Leaving } => 1,
        { Facts.HasRoom: true } => 2,
        _ => 3,
    };
}
