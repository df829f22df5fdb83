using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Rules;

/// <summary>
/// Moves a meeting to the media node that a user asked for or that relieves an overloaded one, by the same steps as a move off a drained node: prepared, linked, then the origin. A node that
/// the planner itself could not choose is refused with all reasons, and a move that cannot be finished is given up; the meeting stays where it is then. Pure.
/// </summary>
internal static class MoveRules
{
    private const string Requested = "a move to it was requested";

    /// <summary>Answers the request, and prepares the node or makes it the origin.</summary>
    /// <returns>The plan, and whether it has changed: then no other rule applies to it now.</returns>
    public static (AssignmentPlan Plan, bool HasChanged) Begin(AssignmentPlan plan)
    {
        if (plan.Input.Demand.MoveTo is not { } request)
        {
            return (plan, false);
        }

        var (origin, target) = (plan.Origin!, Find(plan.Input, request));
        if (target is null)
        {
            return (request.HasBegun ? Fail(plan, "it no longer exists, or the meeting may not use it any more") : Refuse(plan, Unknown(request)), false);
        }

        if (IsOn(origin, target))
        {
            return (Answer(plan, MeetingMoveState.Done, $"the meeting is on {Name(target)}"), false);
        }

        return plan.Nodes.FirstOrDefault(node => IsOn(node, target)) is { } entry ? Continue(plan, origin, entry, target)
            : request.HasBegun || WasPrepared(plan, target) ? (Fail(plan, plan.Reason), false)
            : Prepare(plan, origin, target);
    }

    /// <summary>Completes the answer when the other rules have given up the node, or have made it the origin.</summary>
    public static AssignmentPlan Finish(AssignmentPlan plan)
    {
        if (plan is not { Input.Demand.MoveTo: { } request, Move.State: MeetingMoveState.Moving } || Find(plan.Input, request) is not { } target)
        {
            return plan;
        }

        return plan.Nodes.FirstOrDefault(node => IsOn(node, target)) switch
        {
            { Role: AssignmentRole.Origin } => Answer(plan, MeetingMoveState.Done, $"the meeting is on {Name(target)}"),
            null when WasPrepared(plan, target) => Fail(plan, plan.Reason),
            _ => plan,
        };
    }

    /// <summary>Whether the meeting wants to move to the node.</summary>
    public static bool IsTarget(AssignmentPlan plan, NodeAssignment node) =>
        plan.Input.Demand.MoveTo is { } request && Find(plan.Input, request) is { } target && IsOn(node, target);

    /// <summary>The answer for nodes that do not exist and for those that the meeting may not know of.</summary>
    public static string Unknown(MoveDemand request) =>
        $"there is no media node {(request.Namespace is { } space ? $"{space}/{request.SfuNode}" : request.SfuNode)} that the meeting may use";

    private static (AssignmentPlan Plan, bool HasChanged) Continue(AssignmentPlan plan, NodeAssignment origin, NodeAssignment entry, NodeSnapshot target)
    {
        var isPreparing = entry.State == NodeAssignmentState.Preparing;
        if (isPreparing && target.State == SfuNodeState.Draining)
        {
            return (GiveUp(plan, origin, entry, "it is draining"), true);
        }

        var isLinked = origin.State == NodeAssignmentState.Ready && LeaveRules.CanTakeOver(plan, entry);
        if (isLinked && LeaveRules.HasPlaces(plan, origin, entry))
        {
            return (Answer(LeaveRules.Switch(plan, origin, entry, Cause(plan)), MeetingMoveState.Done, $"the meeting is on {Name(target)}"), true);
        }

        return !isPreparing ? (Refuse(plan, FindUnfit(plan, origin, entry, target)), false)
            : isLinked ? (GiveUp(plan, origin, entry, $"it lacks places for {origin.Participants} participants"), true)
            : (Answer(plan, MeetingMoveState.Moving, $"{Name(target)} is being prepared"), false);
    }

    private static AssignmentPlan GiveUp(AssignmentPlan plan, NodeAssignment origin, NodeAssignment entry, string reason)
    {
        plan = plan.Without(entry, PlacementOutcome.Reduced, $"stays on {origin.SfuNode}, and gives up {entry.SfuNode}: {reason}");
        return Fail(plan, plan.Reason);
    }

    /// <summary>Why a node that carries the meeting already cannot become its origin.</summary>
    private static string FindUnfit(AssignmentPlan plan, NodeAssignment origin, NodeAssignment entry, NodeSnapshot target) =>
        LeaveReasons.FindWish(entry, target) is { } leaves ? $"{Name(target)} cannot take the meeting: {leaves}"
        : entry.State == NodeAssignmentState.Leaving && Rejections(plan, target) is { Length: > 0 } reasons ? $"{Name(target)} cannot take the meeting: {reasons}"
        : !entry.Facts.IsLinked || origin.State != NodeAssignmentState.Ready ? $"{Name(target)} and {origin.SfuNode} are not linked at present: ask again when they are"
        : $"the meeting's media nodes without {origin.SfuNode} lack places for its {origin.Participants} participants";

    private static (AssignmentPlan Plan, bool HasChanged) Prepare(AssignmentPlan plan, NodeAssignment origin, NodeSnapshot target)
    {
        var moving = plan.Nodes.Any(node => node != origin && node.State == NodeAssignmentState.Ready) ? plan.For(origin.Participants) : plan;
        if (FindRefusal(moving, origin, target) is { } refusal)
        {
            return (Refuse(plan, refusal), false);
        }

        if (origin.State != NodeAssignmentState.Ready || plan.Used.Any(static node => node.State == NodeAssignmentState.Preparing))
        {
            return (Answer(plan, MeetingMoveState.Waiting, "waits for another change of the meeting's media nodes"), false);
        }

        var added = plan.Assign(target, AssignmentRole.Edge);
        return (Answer(
            (plan with { Nodes = [.. plan.Nodes, added], Generation = added.Generation }).Record(PlacementOutcome.Preparing, $"prepares {added.SfuNode}: {Cause(plan)}"),
            MeetingMoveState.Moving,
            $"{Name(target)} is being prepared"), true);
    }

    private static string? FindRefusal(AssignmentPlan plan, NodeAssignment origin, NodeSnapshot target) =>
        Rejections(plan, target) is { Length: > 0 } reasons ? $"{Name(target)} cannot take the meeting: {reasons}"
        : !AssignmentPlan.CanLink(target) ? $"{Name(target)} cannot take the meeting without a pause: its version has no links between media nodes"
        : origin.State == NodeAssignmentState.Ready && !AssignmentPlan.CanLink(plan.SnapshotOf(origin)!) ? $"{origin.SfuNode} cannot be linked with {Name(target)}: it does not respond, clients cannot reach it, or its version has no links"
        : plan.Nodes.Count >= plan.Input.Options.MaxNodesPerMeeting ? $"the meeting is on {plan.Nodes.Count} media nodes, and cannot use another one"
        : null;

    private static string Rejections(AssignmentPlan plan, NodeSnapshot node) => string.Join("; ", NodeChoice.FindRejections(plan.Context, node) ?? []);

    /// <summary>The node that the request means, if the meeting may know of it.</summary>
    private static NodeSnapshot? Find(PlacementInput input, MoveDemand request) => input.Nodes
        .Where(node => node.Name == request.SfuNode && (request.Namespace ?? node.Namespace) == node.Namespace && NodeChoice.MayKnow(input.Demand, node))
        .OrderBy(node => node.Namespace == input.Demand.Namespace ? 0 : 1).ThenBy(node => node.Namespace, StringComparer.Ordinal)
        .FirstOrDefault();

    private static bool WasPrepared(AssignmentPlan plan, NodeSnapshot target) =>
        plan.Input.Demand.Current!.Nodes.Any(node => node.State == NodeAssignmentState.Preparing && IsOn(node, target));

    private static AssignmentPlan Refuse(AssignmentPlan plan, string reason) => Answer(plan, MeetingMoveState.Refused, reason);

    private static AssignmentPlan Fail(AssignmentPlan plan, string? reason) =>
        Answer(plan, MeetingMoveState.Failed, $"the move was given up: {reason ?? $"{plan.Input.Demand.MoveTo!.SfuNode} is no longer prepared"}");

    private static AssignmentPlan Answer(AssignmentPlan plan, MeetingMoveState state, string message) => plan with { Move = new MoveAnswer(state, message) };

    private static string Cause(AssignmentPlan plan) => plan.Input.Demand.MoveTo?.Cause ?? Requested;

    private static string Name(NodeSnapshot node) => $"{node.Namespace}/{node.Name}";

    private static bool IsOn(NodeAssignment assignment, NodeSnapshot node) => assignment.SfuNode == node.Name && assignment.Namespace == node.Namespace;
}
