using MeetOperator.Contracts.Meetings;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Rules;

/// <summary>
/// Adds media nodes to a meeting before its nodes are full, and in the regions of its participants, and gives up those that it no longer needs. One node is added or given up at a
/// time. Each is linked with each, so no path has more than one link. Pure.
/// </summary>
internal static class SpanRules
{
    /// <summary>A meeting with fewer participants gets no further node for capacity: many small meetings on a full node would take places on another one that they rarely need.</summary>
    public const int MinParticipants = 10;

    /// <summary>The number of participants in a region for which the meeting gets a node there. It keeps the node until fewer than two are left.</summary>
    public const int MinInRegion = 3;
    private const int KeepInRegion = 2;

    /// <summary>A node is given up when the participants would take at most this part of the threshold of the others, so that the meeting does not grow again at once.</summary>
    private const double ShrinkPart = 0.6;

    /// <summary>A node that is being prepared stays needed down to this part of the threshold.</summary>
    private const double KeepPart = 0.9;

    /// <param name="plan">A plan with exactly one origin, which may stay.</param>
    public static AssignmentPlan Apply(AssignmentPlan plan)
    {
        plan = Settle(plan);
        foreach (var node in plan.Used.Where(node => node is { State: NodeAssignmentState.Ready, Role: not AssignmentRole.Origin }))
        {
            if (LeaveReasons.FindWish(node, plan.SnapshotOf(node)!) is { } wish)
            {
                return LeaveEdge(plan, node, wish);
            }
        }

        var isChanging = plan.Used.Any(static node => node.State is NodeAssignmentState.Preparing or NodeAssignmentState.Lost);
        return isChanging ? plan : Grow(plan) ?? Shrink(plan with { MayGrowLater = LacksRegion(plan) });
    }

    /// <summary>A node that is prepared becomes an edge when its room is linked with the others. One that is not linked in time, or no longer needed, is given up.</summary>
    private static AssignmentPlan Settle(AssignmentPlan plan)
    {
        foreach (var node in plan.Used.Where(static node => node is { State: NodeAssignmentState.Preparing, Role: not AssignmentRole.Origin }))
        {
            if (LeaveReasons.FindWish(node, plan.SnapshotOf(node)!) is { } unfit)
            {
                plan = plan.Without(node, PlacementOutcome.Reduced, $"gives up {node.SfuNode}: {unfit}");
            }
            else if (!IsNeeded(plan, node))
            {
                plan = plan.Without(node, PlacementOutcome.Reduced, $"stays on {plan.Origin!.SfuNode}, and gives up {node.SfuNode}: {DescribeUnneeded(plan, node)}");
            }
            else if (node.Facts is { HasRoom: true, IsLinked: true })
            {
                plan = plan.With(node with { State = NodeAssignmentState.Ready, Facts = node.Facts with { IsFresh = true } }).Record(PlacementOutcome.Extended, $"uses {node.SfuNode} too");
            }
            else if (node.Facts.IsOverdue)
            {
                plan = plan.Without(node, PlacementOutcome.Reduced, $"gives up {node.SfuNode}: it is not linked with the other media nodes");
            }
        }

        return plan;
    }

    /// <summary>Whether the meeting would prepare a node now if it did not have this one. The number of participants may have fallen a little since.</summary>
    private static bool IsNeeded(AssignmentPlan plan, NodeAssignment prepared)
    {
        var demand = plan.Input.Demand;
        var isForRegion = demand.Scale.Spread == MeetingSpread.Regions && prepared.Region is { } region && demand.Regions.GetValueOrDefault(region) >= KeepInRegion
            && plan.Used.All(node => node == prepared || node.Region != region);
        return isForRegion
            || demand.ExtendCause is not null
            || MoveRules.IsTarget(plan, prepared)
            || IsScarce(plan, demand.Scale.EdgeThresholdPct * KeepPart)
            || plan.Used.Any(node => node is { State: NodeAssignmentState.Ready, Role: not AssignmentRole.Origin } && !MeetingPlaces.IsUsable(plan, node) && !MeetingPlaces.SufficeWithout(plan, node));
    }

    /// <summary>Why a node that is being prepared is given up. Only what it was prepared for can be the reason.</summary>
    private static string DescribeUnneeded(AssignmentPlan plan, NodeAssignment prepared) => prepared switch
    {
        // Without a reserved number of places, it was prepared for a move, or by another leader.
        { Reserved: null } => "the meeting does not have to move there now",
        { Need: NodeNeed.Places } => DescribeEnough(plan.Input.Demand, MeetingPlaces.Total(plan)),
        { Need: NodeNeed.Region, Region: { } region } when plan.Input.Demand is { Scale.Spread: MeetingSpread.Regions } demand && demand.Regions.GetValueOrDefault(region) < KeepInRegion =>
            $"fewer than {KeepInRegion} participants are in region {region}",
        _ => "the meeting does not need it now",
    };

    private static string DescribeEnough(MeetingDemand demand, int total) =>
        total >= demand.MaxParticipants ? $"the others have places for all {demand.MaxParticipants} participants that the meeting may have"
        : demand.Participants < MinParticipants ? $"a meeting with fewer than {MinParticipants} participants gets no further node for places"
        : $"{demand.Participants} of {total} places on the others are taken";

    /// <summary>Whether at least this share of the places is taken, while the meeting may have more participants than places.</summary>
    private static bool IsScarce(AssignmentPlan plan, double thresholdPct)
    {
        var (demand, total) = (plan.Input.Demand, MeetingPlaces.Total(plan));
        return demand.Participants >= MinParticipants && total < demand.MaxParticipants && demand.Participants * 100L >= total * thresholdPct;
    }

    /// <summary>Participants leave an edge for the other nodes, or for a further one when these lack the places.</summary>
    private static AssignmentPlan LeaveEdge(AssignmentPlan plan, NodeAssignment edge, string wish)
    {
        if (MeetingPlaces.SufficeWithout(plan, edge))
        {
            return plan.MarkLeaving(edge).Record(PlacementOutcome.Reduced, $"leaves {edge.SfuNode}: {wish}");
        }

        return plan.Used.Any(static node => node.State == NodeAssignmentState.Preparing) ? plan
            : Add(plan, edge.Participants, only: null, $"{wish}, and the other media nodes lack places for {edge.Participants} participants", MostNodes(plan), replaced: edge) ?? plan with { NeedsRetry = true };
    }

    /// <summary>How many nodes participants may use at most. One of the links of each node is for the standby.</summary>
    private static int MostNodes(AssignmentPlan plan) => plan.Input.Options.MaxNodesPerMeeting - (plan.Input.Demand.NeedsStandby ? 1 : 0);

    private static AssignmentPlan? Grow(AssignmentPlan plan)
    {
        var demand = plan.Input.Demand;
        var limit = Math.Min(demand.Scale.MaxNodes, MostNodes(plan));
        if (plan.Used.Count(static node => node.State != NodeAssignmentState.Leaving) >= limit || plan.Used.Count() >= MostNodes(plan))
        {
            return null;
        }

        if (IsScarce(plan, demand.Scale.EdgeThresholdPct))
        {
            if (plan.Nodes.Any(node => plan.SnapshotOf(node)?.GrowingMeetings >= plan.Input.Options.GrowingMeetingsPerNode))
            {
                return plan with { NeedsRetry = true };
            }

            var more = Math.Min(demand.MaxParticipants - demand.Participants, Math.Max(plan.Input.Options.ParticipantsPerNewMeeting, demand.Participants / 10));
            return Add(plan, more, only: null, $"{demand.Participants} of {MeetingPlaces.Total(plan)} places are taken", limit, NodeNeed.Places) ?? plan with { NeedsRetry = true };
        }

        if (demand.ExtendCause is { } cause && plan.Used.Count() == 1 && Add(plan, demand.Participants / 10, only: null, cause, limit) is { } relieved)
        {
            return relieved with { Rejections = [] };
        }

        return demand.Scale.Spread == MeetingSpread.Regions ? GrowIntoRegion(plan, limit) : null;
    }

    private static AssignmentPlan? GrowIntoRegion(AssignmentPlan plan, int limit)
    {
        foreach (var (region, count) in plan.Input.Demand.Regions.OrderByDescending(static entry => entry.Value).ThenBy(static entry => entry.Key, StringComparer.Ordinal))
        {
            if (count >= MinInRegion && plan.Used.All(node => node.Region != region)
                && Add(plan, count, node => node.Region == region, $"{count} participants are in region {region}", limit, NodeNeed.Region) is { } grown)
            {
                return grown with { Rejections = [] };
            }
        }

        return null;
    }

    /// <summary>Whether a region has no node of the meeting although it has the participants for one. A pool there may be added, or get room.</summary>
    private static bool LacksRegion(AssignmentPlan plan) =>
        plan.Input.Demand.Scale is { Spread: MeetingSpread.Regions, MaxNodes: > 1 }
        && plan.Input.Demand.Regions.Any(entry => entry.Value >= MinInRegion && plan.Used.All(node => node.Region != entry.Key));

    /// <summary>Prepares another node; null when there is none, or the meeting has as many as it may.</summary>
    private static AssignmentPlan? Add(AssignmentPlan plan, int participants, Func<NodeSnapshot, bool>? only, string reason, int limit, NodeNeed need = NodeNeed.Other, NodeAssignment? replaced = null)
    {
        if (plan.Used.Count() >= limit || plan.Origin!.State != NodeAssignmentState.Ready || !AssignmentPlan.CanLink(plan.SnapshotOf(plan.Origin)!))
        {
            return null;
        }

        var choice = plan.For(participants).Choose(only: node => AssignmentPlan.CanLink(node) && only?.Invoke(node) != false, replaced: replaced);
        if (choice.Best is not { } best)
        {
            return null;
        }

        var added = plan.Assign(best, AssignmentRole.Edge) with { Reserved = participants, Need = need };
        return (plan with { Nodes = [.. plan.Nodes, added], Generation = added.Generation }).Record(PlacementOutcome.Preparing, $"prepares {added.SfuNode}: {reason}");
    }

    private static AssignmentPlan Shrink(AssignmentPlan plan)
    {
        var demand = plan.Input.Demand;
        if (plan.Nodes.Any(static node => node.State == NodeAssignmentState.Leaving))
        {
            return plan;
        }

        // An edge that is not serving may have got participants since its last report.
        foreach (var edge in plan.Nodes.Where(node => node.Role == AssignmentRole.Edge && MeetingPlaces.IsUsable(plan, node)).OrderBy(static node => node.Participants).ThenBy(static node => node.SfuNode, StringComparer.Ordinal))
        {
            var isTooMany = plan.Used.Count() > demand.Scale.MaxNodes;
            if ((isTooMany || (!edge.Facts.IsFresh && !IsNeededInRegion(plan, edge) && !AreOthersBusy(plan, edge) && HasPlentyWithout(plan, edge))) && MeetingPlaces.SufficeWithout(plan, edge))
            {
                return plan.MarkLeaving(edge).Record(
                    PlacementOutcome.Reduced,
                    isTooMany ? $"leaves {edge.SfuNode}: scale.maxNodes is {demand.Scale.MaxNodes}"
                        : $"stays on {plan.Origin!.SfuNode}, and leaves {edge.SfuNode}: {demand.Participants} of {MeetingPlaces.Total(plan, without: edge)} places would be taken without it");
            }
        }

        return plan;
    }

    private static bool IsNeededInRegion(AssignmentPlan plan, NodeAssignment edge) =>
        plan.Input.Demand.Scale.Spread == MeetingSpread.Regions
        && edge.Region is { } region
        && plan.Input.Demand.Regions.GetValueOrDefault(region) >= KeepInRegion
        && plan.Used.All(node => node == edge || node.Region != region);

    /// <summary>Whether another node of the meeting has too much to do to take back those who are on this one.</summary>
    private static bool AreOthersBusy(AssignmentPlan plan, NodeAssignment edge) =>
        plan.Used.Any(node => node != edge && MeetingPlaces.IsUsable(plan, node) && plan.SnapshotOf(node) is { } snapshot && snapshot.Stress >= snapshot.StressThreshold);

    private static bool HasPlentyWithout(AssignmentPlan plan, NodeAssignment edge)
    {
        var demand = plan.Input.Demand;
        var rest = MeetingPlaces.Total(plan, without: edge);
        return rest >= demand.MaxParticipants || demand.Participants <= rest * demand.Scale.EdgeThresholdPct / 100.0 * ShrinkPart;
    }
}
