using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Rules;

/// <summary>
/// Moves a meeting off a media node that it should leave: another node is prepared and linked, becomes the origin, and the former origin is Leaving until it is empty or its
/// deadline has passed. Without links, participants are moved in one step. Pure.
/// </summary>
internal static class LeaveRules
{
    /// <param name="plan">A plan with exactly one origin, on a node that exists.</param>
    public static AssignmentPlan Apply(AssignmentPlan plan)
    {
        if (!plan.AreNodesKnown)
        {
            return plan with { NeedsRetry = true };
        }

        (plan, var isMoving) = MoveRules.Begin(Free(plan));
        var origin = plan.Origin!;
        return isMoving ? plan : MoveRules.Finish(LeaveReasons.FindWish(origin, plan.SnapshotOf(origin)!) is { } wish ? Leave(plan, origin, wish) : SpanRules.Apply(plan));
    }

    /// <summary>Removes nodes that were left.</summary>
    private static AssignmentPlan Free(AssignmentPlan plan)
    {
        foreach (var node in plan.Nodes.Where(static node => node.State == NodeAssignmentState.Leaving))
        {
            if (node.Facts.IsEmpty || node.Facts.IsPastDeadline)
            {
                plan = plan.Without(node, PlacementOutcome.Left, $"left {node.SfuNode}: {(node.Facts.IsEmpty ? "it is empty" : "the deadline has passed")}{DescribeLate(node.Facts.LateParticipants)}");
            }
        }

        return plan;
    }

    /// <summary>Who was there until the deadline. Browsers have normally moved by then.</summary>
    private static string DescribeLate(int participants) => participants == 0 ? string.Empty
        : $"; {participants} {(participants == 1 ? "participant was" : "participants were")} still connected just before the deadline, which ends the sessions of WHIP and WHEP clients";

    private static AssignmentPlan Leave(AssignmentPlan plan, NodeAssignment origin, string wish)
    {
        if (origin.State != NodeAssignmentState.Ready || !AssignmentPlan.CanLink(plan.SnapshotOf(origin)!))
        {
            return MoveAtOnce(plan, origin, wish);
        }

        if (FindSuccessor(plan, origin) is { } successor)
        {
            return Switch(plan, origin, successor, wish);
        }

        if (plan.Standby is { State: NodeAssignmentState.Preparing } prepared)
        {
            plan = plan.With(prepared with { Role = AssignmentRole.Edge }).Record(PlacementOutcome.Preparing, $"prepares {prepared.SfuNode}: {wish}");
        }

        foreach (var node in plan.Nodes.Where(static node => node.State == NodeAssignmentState.Preparing))
        {
            if (LeaveReasons.FindWish(node, plan.SnapshotOf(node)!) is { } unfit)
            {
                plan = plan.Without(node, PlacementOutcome.Reduced, $"stays on {origin.SfuNode}: {unfit}");
            }
            else if (node.Facts is { HasRoom: true, IsLinked: true })
            {
                continue; // It lacks places for everybody: another node must be prepared as well.
            }
            else if (!node.Facts.IsOverdue)
            {
                return plan;
            }
            else if (node.Facts.HasRoom)
            {
                return MoveTo(
                    plan,
                    origin,
                    node with { Role = AssignmentRole.Origin, State = NodeAssignmentState.Ready },
                    $"{wish}, and {node.SfuNode} could not be linked with the meeting's other media nodes in time, so people hear a short interruption");
            }
            else
            {
                plan = plan.Without(node, PlacementOutcome.Reduced, $"stays on {origin.SfuNode}: {node.SfuNode} does not create the room");
            }
        }

        return Prepare(plan, origin, wish);
    }

    /// <summary>The node of the meeting that can become the origin now, in the best region; null when there is none.</summary>
    private static NodeAssignment? FindSuccessor(AssignmentPlan plan, NodeAssignment origin)
    {
        var context = plan.ContextFor(origin);
        return plan.Nodes.Where(node => node != origin && CanTakeOver(plan, node) && HasPlaces(plan, origin, node))
            .OrderByDescending(node => NodeChoice.ScoreRegion(context, plan.SnapshotOf(node)!)).FirstOrDefault();
    }

    /// <summary>Chooses a node to move to and prepares it beside the origin. When none of those that can be linked has room, another one takes the meeting at once.</summary>
    private static AssignmentPlan Prepare(AssignmentPlan plan, NodeAssignment origin, string wish)
    {
        if (plan.Nodes.Count >= plan.Input.Options.MaxNodesPerMeeting)
        {
            return plan with { NeedsRetry = true };
        }

        var hasOthers = plan.Nodes.Any(node => node != origin && (node.State == NodeAssignmentState.Ready || node is { State: NodeAssignmentState.Preparing, Facts.IsLinked: true }));
        var moving = hasOthers ? plan.For(origin.Participants) : plan;
        if (moving.Choose(only: AssignmentPlan.CanLink, replaced: origin) is not { Best: { } best } choice)
        {
            return hasOthers ? plan with { NeedsRetry = true } : MoveAtOnce(plan, origin, wish);
        }

        var added = plan.Assign(best, AssignmentRole.Edge);
        return (plan with { Nodes = [.. plan.Nodes, added], Generation = added.Generation, Rejections = choice.Rejections })
            .Record(PlacementOutcome.Preparing, $"prepares {added.SfuNode}: {wish}");
    }

    /// <summary>Moves without a link, to a node that has the room already or to the best one. Keeps the origin when there is none.</summary>
    private static AssignmentPlan MoveAtOnce(AssignmentPlan plan, NodeAssignment origin, string wish)
    {
        var prepared = plan.Nodes
            .Where(node => node != origin && node.State is NodeAssignmentState.Preparing or NodeAssignmentState.Ready && node.Facts.HasRoom && LeaveReasons.FindWish(node, plan.SnapshotOf(node)!) is null)
            .MaxBy(node => MeetingPlaces.FreeOn(plan.SnapshotOf(node)!, plan.Input.Options));
        if (prepared is not null)
        {
            return MoveTo(plan, origin, prepared with { Role = AssignmentRole.Origin, State = NodeAssignmentState.Ready }, wish);
        }

        foreach (var node in plan.Nodes.Where(node => node != origin && node.State == NodeAssignmentState.Preparing))
        {
            var unfit = LeaveReasons.FindWish(node, plan.SnapshotOf(node)!) ?? $"it has not created the room yet, and {origin.SfuNode} cannot be linked";
            plan = plan.Without(node, PlacementOutcome.Reduced, $"stays on {origin.SfuNode}, and gives up {node.SfuNode}: {unfit}");
        }

        return plan.Choose(leaving: origin) is { Best: { } best } choice && !IsOn(origin, best)
            ? MoveTo(plan, origin, plan.Assign(best, AssignmentRole.Origin), wish) with { Rejections = choice.Rejections }
            : plan;
    }

    private static AssignmentPlan MoveTo(AssignmentPlan plan, NodeAssignment origin, NodeAssignment next, string wish) => plan with
    {
        Nodes = [next, .. plan.Nodes.Where(node => node != origin && (node.SfuNode, node.Namespace) != (next.SfuNode, next.Namespace))],
        Generation = Math.Max(plan.Generation, next.Generation),
        Outcome = PlacementOutcome.Moved,
        Reason = $"moved to {next.SfuNode}: {wish}",
    };

    /// <summary>The successor becomes the origin, and participants have time to follow.</summary>
    internal static AssignmentPlan Switch(AssignmentPlan plan, NodeAssignment origin, NodeAssignment successor, string wish)
    {
        var next = successor with { Role = AssignmentRole.Origin, State = NodeAssignmentState.Ready, Deadline = null };
        return plan.With(next).MarkLeaving(origin) with { Outcome = PlacementOutcome.Moved, Reason = $"moved to {next.SfuNode}: {wish}" };
    }

    /// <summary>Whether participants can move to this node of the meeting now without a break. A node that is Leaving can become the origin again.</summary>
    internal static bool CanTakeOver(AssignmentPlan plan, NodeAssignment node) =>
        node.Facts is { HasRoom: true, IsLinked: true }
        && plan.SnapshotOf(node) is { } snapshot
        && LeaveReasons.FindWish(node, snapshot) is null
        && (node.State != NodeAssignmentState.Leaving || NodeChoice.IsAcceptable(plan.Context, snapshot));

    /// <summary>
    /// Whether those who leave the origin find places, on the node that takes over and on the others. A node that was chosen for a move has reserved them, and one that is being left
    /// had them. A node whose process ends soon is left in any case.
    /// </summary>
    internal static bool HasPlaces(AssignmentPlan plan, NodeAssignment origin, NodeAssignment next) =>
        plan.SnapshotOf(origin) is { IsEnding: true } || next.State == NodeAssignmentState.Leaving || MeetingPlaces.SufficeWithout(plan, origin, next);

    private static bool IsOn(NodeAssignment assignment, NodeSnapshot node) => assignment.SfuNode == node.Name && assignment.Namespace == node.Namespace;
}
