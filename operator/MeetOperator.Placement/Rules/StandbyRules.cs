using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Rules;

/// <summary>
/// Keeps one media node ready for a meeting that must survive the loss of any other: linked with all, without participants, and with places for everybody on the largest node. Pure.
/// </summary>
internal static class StandbyRules
{
    /// <summary>Where a candidate is relative to the origin, best first.</summary>
    private enum Distance
    {
        /// <summary>In the region of the origin, in another zone.</summary>
        OtherZone,

        /// <summary>In the region of the origin, on another cluster node. The zones are the same, or not known.</summary>
        OtherClusterNode,
        OtherRegion,

        /// <summary>On the same machine, or it is not known on which.</summary>
        SameMachine,
    }

    /// <summary>The standby takes the role of a node that was lost.</summary>
    /// <param name="before">The plan with all nodes.</param>
    /// <param name="alive">The same plan without the lost ones.</param>
    public static AssignmentPlan TakeOver(AssignmentPlan before, AssignmentPlan alive)
    {
        var lost = before.Used.Where(node => node.State is NodeAssignmentState.Ready or NodeAssignmentState.Lost && alive.Nodes.All(other => !IsSame(other, node))).OrderBy(static node => node.Role).FirstOrDefault();
        return lost is not null && alive.Standby is { State: NodeAssignmentState.Ready } standby
            ? alive.With(As(standby, lost.Role)).Record(PlacementOutcome.Extended, $"uses {standby.SfuNode}: {alive.Reason}")
            : alive;
    }

    /// <param name="plan">A plan with exactly one origin, after all other rules.</param>
    public static AssignmentPlan Apply(AssignmentPlan plan)
    {
        if (!plan.AreNodesKnown || (plan is { Standby: null, Input.Demand.NeedsStandby: false }))
        {
            return plan;
        }

        foreach (var other in plan.Nodes.Where(static node => node.Role == AssignmentRole.Standby).Skip(1).ToArray())
        {
            plan = GiveUp(plan, other, "there is another one");
        }

        if (plan.Standby is { Participants: > 0, State: NodeAssignmentState.Ready } used)
        {
            // Signaling has sent them there from a media node that it cannot reach. They return by themselves, and nobody interrupts them before.
            if (plan.Input.Demand.NeedsStandby && FindUnfit(plan, used) is null)
            {
                return plan with { StandbyState = Describe(plan) };
            }

            plan = plan.With(As(used, AssignmentRole.Edge)).Record(PlacementOutcome.Extended, $"uses {used.SfuNode} too: participants have moved there from a media node that they cannot reach");
        }

        if (!plan.Input.Demand.NeedsStandby)
        {
            return plan.Standby is { } unneeded ? GiveUp(plan, unneeded, "the meeting needs none") : plan;
        }

        if (plan.Standby is { } standby && FindUnfit(plan, standby) is { } unfit)
        {
            plan = GiveUp(plan, standby, unfit);
        }

        plan = Advance(plan);
        plan = plan with { StandbyState = Describe(plan) };
        return plan with { NeedsRetry = plan.NeedsRetry || plan.StandbyState is { IsReady: false } };
    }

    /// <summary>Why the node cannot stay the standby, even if there is no other one; null when it can.</summary>
    private static string? FindUnfit(AssignmentPlan plan, NodeAssignment standby)
    {
        var snapshot = plan.SnapshotOf(standby)!;
        return snapshot.State == SfuNodeState.Unhealthy ? $"{standby.SfuNode} is not serving"
            : snapshot is { State: SfuNodeState.Draining, IsRejecting: false } ? $"{standby.SfuNode} drains"
            : LeaveReasons.FindWish(standby, snapshot) ?? (NodeChoice.FindDisallowedReason(plan.Context, snapshot) is { } disallowed ? $"{standby.SfuNode} may not carry the meeting: {disallowed}" : null);
    }

    /// <summary>Prepares a standby, completes the one that is prepared, or replaces it by a better one.</summary>
    private static AssignmentPlan Advance(AssignmentPlan plan)
    {
        var origin = plan.Origin!;
        if (plan.Standby is not { } standby)
        {
            return origin.State == NodeAssignmentState.Ready && AssignmentPlan.CanLink(plan.SnapshotOf(origin)!) && plan.Nodes.Count < plan.Input.Options.MaxNodesPerMeeting
                ? Prepare(plan, Choose(plan))
                : plan;
        }

        if (standby is { State: NodeAssignmentState.Preparing, Facts: { HasRoom: true, IsLinked: true } })
        {
            return plan.With(standby with { State = NodeAssignmentState.Ready }).Record(PlacementOutcome.StandbyReady, $"{standby.SfuNode} is ready to take over");
        }

        var snapshot = plan.SnapshotOf(standby)!;
        var defect = standby.Facts.IsOverdue ? "it was not linked with the other media nodes in time"
            : !HasPlaces(plan, standby) ? $"it lacks places for the {Needed(plan)} participants of the largest media node"
            : snapshot.IsOutdated ? "it does not have the template of its pool"
            : null;
        var distance = DistanceOf(plan, snapshot);
        var isCompared = defect is not null || (standby.State == NodeAssignmentState.Ready && !standby.Facts.IsFresh && distance != Distance.OtherZone);
        return isCompared && Choose(plan, defect is null ? distance : null, snapshot.IsOutdated) is { } better
            ? Prepare(plan.Without(standby, PlacementOutcome.Reduced, $"gives up {standby.SfuNode}: {defect ?? DescribeBetter(plan, better, distance)}"), better)
            : plan;
    }

    /// <summary>Where the better node is. That it is in the region of the origin is better only when the standby is elsewhere.</summary>
    private static string DescribeBetter(AssignmentPlan plan, NodeSnapshot better, Distance present)
    {
        var origin = plan.Origin!.SfuNode;
        var place = DistanceOf(plan, better) switch { Distance.OtherZone => "in another zone", Distance.OtherRegion => "in another region", _ => "on another cluster node" };
        return present == Distance.OtherRegion ? $"{better.Name} is {place} in the region of {origin}" : $"{better.Name} is {place} than {origin}";
    }

    private static AssignmentPlan Prepare(AssignmentPlan plan, NodeSnapshot? chosen)
    {
        if (chosen is null)
        {
            return plan;
        }

        var added = plan.Assign(chosen, AssignmentRole.Standby);
        var (next, change) = (plan with { Nodes = [.. plan.Nodes, added], Generation = added.Generation }, $"prepares {added.SfuNode} as the standby of {plan.Origin!.SfuNode}");
        return plan.Outcome == PlacementOutcome.Kept ? next.Record(PlacementOutcome.Preparing, change) : next with { Reason = $"{plan.Reason}; {change}" };
    }

    /// <summary>The best candidate that is not on a node of the meeting; null when there is none.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="than">Only candidates in a better place than this; null for all.</param>
    /// <param name="isUpToDate">Only candidates with the template of their pool.</param>
    private static NodeSnapshot? Choose(AssignmentPlan plan, Distance? than = null, bool isUpToDate = false)
    {
        var needed = plan.For(Needed(plan));
        for (var distance = Distance.OtherZone; distance <= Distance.SameMachine && !(distance >= than); distance++)
        {
            var at = distance;
            if (needed.Choose(only: node => AssignmentPlan.CanLink(node) && DistanceOf(plan, node) == at && !(isUpToDate && node.IsOutdated)).Best is { } best)
            {
                return best;
            }
        }

        return null;
    }

    /// <summary>The places that it takes when the largest node is lost.</summary>
    private static int Needed(AssignmentPlan plan) => plan.Used.Max(static node => node.Participants);

    /// <summary>The places that other meetings leave; the same ones count when the standby is chosen.</summary>
    private static bool HasPlaces(AssignmentPlan plan, NodeAssignment standby)
    {
        var snapshot = plan.SnapshotOf(standby)!;
        return MeetingPlaces.FreeOn(snapshot with { Meetings = Math.Max(0, snapshot.Meetings - 1) }, plan.Input.Options) >= Needed(plan);
    }

    private static Distance DistanceOf(AssignmentPlan plan, NodeSnapshot node)
    {
        var origin = plan.SnapshotOf(plan.Origin!)!;
        var isElsewhere = node.ClusterNode is not null && origin.ClusterNode is not null && node.ClusterNode != origin.ClusterNode;
        return !isElsewhere ? Distance.SameMachine
            : node.Region != origin.Region ? Distance.OtherRegion
            : node.Zone is not null && origin.Zone is not null && node.Zone != origin.Zone ? Distance.OtherZone
            : Distance.OtherClusterNode;
    }

    private static StandbyState Describe(AssignmentPlan plan)
    {
        var origin = plan.Origin!;
        if (plan.Standby is not { } standby)
        {
            return new(false, "NoCapacity", "no other media node that can be linked has places for the participants: increase the replicas of a pool that the meeting may use");
        }

        if (standby.State != NodeAssignmentState.Ready || (standby.Facts != AssignmentFacts.None && !standby.Facts.IsLinked))
        {
            return new(false, "Preparing", $"{standby.SfuNode} is not linked with the other media nodes yet");
        }

        if (!HasPlaces(plan, standby))
        {
            return new(false, "TooFewPlaces", $"{standby.SfuNode} has not enough places for the participants of the largest media node: increase the replicas of a pool that the meeting may use");
        }

        return DistanceOf(plan, plan.SnapshotOf(standby)!) switch
        {
            Distance.SameMachine => new(false, "SameMachine", $"{standby.SfuNode} is ready, but on the same machine as {origin.SfuNode}: add a media node on another cluster node"),
            Distance.OtherZone => new(true, "Ready", $"{standby.SfuNode} is ready to take over, in another zone than {origin.SfuNode}"),
            Distance.OtherRegion => new(true, "Ready", $"{standby.SfuNode} is ready to take over, in another region than {origin.SfuNode}"),
            _ => new(true, "Ready", $"{standby.SfuNode} is ready to take over, on another cluster node than {origin.SfuNode}; no media node in another zone can be the standby"),
        };
    }

    /// <summary>The standby in another role. Participants are about to use it, so it is not given up at once.</summary>
    private static NodeAssignment As(NodeAssignment standby, AssignmentRole role) => standby with { Role = role, Facts = standby.Facts with { IsFresh = true } };

    private static AssignmentPlan GiveUp(AssignmentPlan plan, NodeAssignment standby, string reason) =>
        plan.Without(standby, PlacementOutcome.Reduced, $"stays on {plan.Origin!.SfuNode}, and gives up the standby {standby.SfuNode}: {reason}");

    private static bool IsSame(NodeAssignment left, NodeAssignment right) => left.SfuNode == right.SfuNode && left.Namespace == right.Namespace;
}
