using MeetOperator.Contracts.Meetings;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Filters;
using MeetOperator.Placement.Inputs;
using MeetOperator.Placement.Rules;

namespace MeetOperator.Placement;

/// <summary>
/// Decides which media nodes carry a meeting: one, further ones when it outgrows it or has participants in other regions, and another one while it moves. A chain of rules over the list of
/// assignments. Pure: no clock, no randomness, no I/O. Never throws, whatever the state of the fleet.
/// </summary>
public static class PlacementPlanner
{
    private static readonly MeetingDemand SmallestDemand = new() { MeetingId = string.Empty, Namespace = string.Empty, MaxParticipants = 1 };

    public static PlacementDecision Decide(PlacementInput input, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(input);
        var current = input.Demand.Current;
        var before = new AssignmentPlan(input, now) { Nodes = current?.Nodes ?? [], Generation = current?.Generation ?? 0 };
        if (before.Nodes is [])
        {
            return Place(before, current is null ? null : "the previous media node no longer exists");
        }

        var alive = LossRules.Apply(before);
        if (alive.Nodes is [])
        {
            return Place(alive with { Generation = before.Generation }, LeaveReasons.FindLoss(before.Nodes[0], before.SnapshotOf(before.Nodes[0])));
        }

        return StandbyRules.Apply(LeaveRules.Apply(RoleRules.Apply(StandbyRules.TakeOver(before, alive)))).ToDecision();
    }

    /// <summary>Which meetings leave an overloaded media node, and where to. Nothing is moved to a node that would have too much to do itself.</summary>
    public static ReliefDecision Relieve(ReliefInput input, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(input);
        return StressRules.Decide(input, now);
    }

    /// <summary>Whether the node could take the smallest possible meeting of a tenant that may use its pool.</summary>
    public static bool CanTakeMeetings(NodeSnapshot node, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(node);
        return NodeChoice.HasRoomFor(new FilterContext(SmallestDemand, PlacementOptions.Default, now), node);
    }

    /// <summary>How many more participants the node can take, beside those that its meetings reserve.</summary>
    public static int FreePlaces(NodeSnapshot node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return MeetingPlaces.FreeOn(node, PlacementOptions.Default);
    }

    /// <summary>
    /// Every reason why the node cannot take the meeting; empty when it can. Null when the meeting may not learn of the node, which belongs to another tenant or to a pool
    /// that is not shared with its tenant.
    /// </summary>
    public static IReadOnlyList<string>? FindRejections(MeetingDemand demand, NodeSnapshot node, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(demand);
        ArgumentNullException.ThrowIfNull(node);
        return NodeChoice.FindRejections(new FilterContext(demand, PlacementOptions.Default, now), node);
    }

    /// <summary>
    /// The reason why the meeting may no longer be on <paramref name="node"/>, one of its current nodes; null when it may. This alone does not move the meeting.
    /// </summary>
    public static string? FindDisallowedReason(MeetingDemand demand, NodeSnapshot node, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(demand);
        ArgumentNullException.ThrowIfNull(node);
        return NodeChoice.FindDisallowedReason(new FilterContext(demand, PlacementOptions.Default, now), node);
    }

    /// <summary>Whether the tenant may use the node's pool, so that answers to it may name the node.</summary>
    public static bool MayKnow(MeetingDemand demand, NodeSnapshot node)
    {
        ArgumentNullException.ThrowIfNull(demand);
        ArgumentNullException.ThrowIfNull(node);
        return NodeChoice.MayKnow(demand, node);
    }

    /// <summary>The answer to a request for a node that does not exist or that the meeting may not know of.</summary>
    public static string UnknownNode(MoveDemand request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return MoveRules.Unknown(request);
    }

    /// <summary>Chooses the only node of a meeting that has none.</summary>
    /// <param name="plan">A plan without nodes.</param>
    /// <param name="leave">The reason why the meeting lost its node; null for a meeting that had none.</param>
    private static PlacementDecision Place(AssignmentPlan plan, string? leave)
    {
        var choice = plan.Choose();
        if (choice.Best is not { } node)
        {
            return NotPlaced(plan.Generation, choice, leave);
        }

        var assigned = plan.Assign(node, AssignmentRole.Origin);
        return new PlacementDecision
        {
            Outcome = leave is null ? PlacementOutcome.Placed : PlacementOutcome.Moved,
            Nodes = [assigned],
            Generation = assigned.Generation,
            Reason = leave is null ? $"placed on {node.Name}: {DescribeChoice(plan.Context, node)}" : $"moved to {node.Name}: {leave}",
            Rejections = choice.Rejections,
            NeedsRetry = plan.Input.Demand.NeedsStandby,
        };
    }

    private static PlacementDecision NotPlaced(long generation, NodeChoice choice, string? leave)
    {
        var reason = choice.VisibleNodes == 0
            ? "no media node in any pool that the tenant may use: create an SfuPool in this namespace, increase its replicas, or set the tenant's pools.sfuSelector to select a shared pool"
            : $"none of the {choice.VisibleNodes} media nodes can take the meeting; see status.rejections";
        return new PlacementDecision
        {
            Outcome = choice.VisibleNodes == 0 ? PlacementOutcome.NoCandidates : PlacementOutcome.NoCapacity,
            Generation = generation,
            Reason = leave is null ? reason : $"{leave}; {reason}",
            Rejections = choice.Rejections,
        };
    }

    private static string DescribeChoice(in FilterContext context, NodeSnapshot node)
    {
        var fill = FormattableString.Invariant($"{node.Fill(context.Options) * 100:0} % full");
        var region = context.Demand.PreferredRegions.Contains(node.Region) ? $"preferred region {node.Region}, " : string.Empty;
        return $"{region}{fill}, {context.Demand.Strategy}";
    }
}
