using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Filters;
using MeetOperator.Placement.Inputs;
using MeetOperator.Placement.Scorers;

namespace MeetOperator.Placement;

/// <summary>
/// Decides which media nodes carry a meeting; one today. Pure: no clock, no randomness, no I/O. Never throws, whatever the state of the fleet.
/// </summary>
public static class PlacementPlanner
{
    private static readonly INodeFilter[] Filters =
    [
        new TenantPoolFilter(),
        new PoolSelectorFilter(),
        new RegionFilter(),
        new PinnedRegionFilter(),
        new NodeStateFilter(),
        new UnschedulableFilter(),
        new StaleReportFilter(),
        new MeetingCapacityFilter(),
        new ParticipantCapacityFilter(),
        new StressFilter(),
    ];

    /// <summary>The filters that check the tenant's permissions, as opposed to current capacity.</summary>
    private static readonly INodeFilter[] TenantFilters = [new TenantPoolFilter(), new RegionFilter()];

    private static readonly MeetingDemand SmallestDemand = new() { MeetingId = string.Empty, Namespace = string.Empty, MaxParticipants = 1 };

    private static readonly INodeScorer[] Scorers = [new RegionScorer(), new UpToDateScorer(), new FillScorer(), new StressScorer()];

    public static PlacementDecision Decide(PlacementInput input, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(input);
        var demand = input.Demand;
        var context = new FilterContext(demand, input.Options, now);
        if (demand.Current is not { } current)
        {
            return Choose(input, context, null);
        }

        if (current.Nodes is not [var assignment, ..])
        {
            return Choose(input, context, "the previous media node no longer exists");
        }

        var node = input.Nodes.FirstOrDefault(candidate => candidate.Name == assignment.SfuNode && candidate.Namespace == assignment.Namespace);
        if (MustMoveReason(assignment, node) is { } leave)
        {
            return Choose(input, context, leave);
        }

        return ShouldMoveReason(assignment, node!) is { } reason && Choose(input, context, reason) is { Nodes: not [] } elsewhere ? elsewhere : KeepCurrent(current, assignment);
    }

    /// <summary>Whether the node could take the smallest possible meeting of a tenant that may use its pool.</summary>
    public static bool CanTakeMeetings(NodeSnapshot node, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(node);
        var context = new FilterContext(SmallestDemand, PlacementOptions.Default, now);
        return Filters.All(filter => filter.AppliesToPool || filter.Evaluate(context, node).IsAccepted);
    }

    /// <summary>
    /// Every reason why the node cannot take the meeting; empty when it can. Null when the meeting may not learn of the node, which belongs to another tenant or to a pool
    /// that is not shared with its tenant.
    /// </summary>
    public static IReadOnlyList<string>? FindRejections(MeetingDemand demand, NodeSnapshot node, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(demand);
        ArgumentNullException.ThrowIfNull(node);
        var context = new FilterContext(demand, PlacementOptions.Default, now);
        return IsVisible(demand, node) ? [.. Filters.Select(filter => filter.Evaluate(context, node).Reason).OfType<string>()] : null;
    }

    /// <summary>
    /// The reason why the meeting may no longer be on <paramref name="node"/>, its current node; null when it may. This alone does not move the meeting.
    /// </summary>
    public static string? FindDisallowedReason(MeetingDemand demand, NodeSnapshot node, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(demand);
        ArgumentNullException.ThrowIfNull(node);
        if (!IsVisible(demand, node))
        {
            return "the tenant may not use the pool (pools.sfuSelector)";
        }

        var context = new FilterContext(demand, PlacementOptions.Default, now);
        return TenantFilters.Select(filter => filter.Evaluate(context, node).Reason).FirstOrDefault(reason => reason is not null);
    }

    private static PlacementDecision KeepCurrent(CurrentPlacement current, NodeAssignment assignment) => new()
    {
        Outcome = PlacementOutcome.Kept,
        Nodes = current.Nodes,
        Generation = current.Generation,
        Reason = $"stays on {assignment.SfuNode}",
    };

    /// <summary>The reason why the meeting must leave even if no other node can take it, or null. Load and a cordon never move a meeting.</summary>
    private static string? MustMoveReason(NodeAssignment current, NodeSnapshot? node) => node switch
    {
        null => $"{current.SfuNode} no longer exists",
        { State: SfuNodeState.Unhealthy, MayBeAlive: false } => $"{current.SfuNode} is not serving",
        { HasLostRooms: true } => $"the process of {current.SfuNode} has ended",
        { IsForcedDrainDue: true } => $"{current.SfuNode} is being force-drained",
        _ when current.RoomRejection is not null => $"{current.SfuNode} rejected the room ({current.RoomRejection})",
        _ when current.State == NodeAssignmentState.Lost => $"{current.SfuNode} restarted",
        _ => null,
    };

    /// <summary>The reason why the meeting should leave if another node can take it, or null.</summary>
    private static string? ShouldMoveReason(NodeAssignment current, NodeSnapshot node) =>
        node.IsDrainDue ? $"{current.SfuNode} is being drained" : node.IsCutOff ? $"clients cannot reach {current.SfuNode}" : null;

    private static PlacementDecision Choose(PlacementInput input, in FilterContext context, string? leave)
    {
        var rejections = new SortedDictionary<string, string>(StringComparer.Ordinal);
        NodeSnapshot? best = null;
        var bestScore = double.NegativeInfinity;
        var visible = 0;
        foreach (var node in input.Nodes)
        {
            if (!IsVisible(context.Demand, node))
            {
                continue; // A rejection must not reveal the name of another tenant's pool.
            }

            visible++;
            if (FindRejection(context, node) is { } rejection)
            {
                rejections.TryAdd(rejection.Candidate, rejection.Reason);
                continue;
            }

            var score = Score(context, node);
            if (score > bestScore || (score == bestScore && Precedes(input.Seed, node, best!)))
            {
                (best, bestScore) = (node, score);
            }
        }

        var rejected = rejections.Select(entry => new Rejection(entry.Key, entry.Value)).ToArray();
        return best is null ? NotPlaced(context.Demand, visible, rejected, leave) : PlacedOn(context, best, rejected, leave);
    }

    private static PlacementDecision PlacedOn(in FilterContext context, NodeSnapshot node, IReadOnlyList<Rejection> rejections, string? leave)
    {
        var generation = (context.Demand.Current?.Generation ?? 0) + 1;
        return new PlacementDecision
        {
            Outcome = leave is null ? PlacementOutcome.Placed : PlacementOutcome.Moved,
            Nodes =
            [
                new NodeAssignment
                {
                    Namespace = node.Namespace,
                    SfuNode = node.Name,
                    Region = node.Region,
                    Role = AssignmentRole.Origin,
                    State = NodeAssignmentState.Preparing,
                    Generation = generation,
                },
            ],
            Generation = generation,
            Reason = leave is null ? $"placed on {node.Name}: {DescribeChoice(context, node)}" : $"moved to {node.Name}: {leave}",
            Rejections = rejections,
        };
    }

    private static PlacementDecision NotPlaced(MeetingDemand demand, int visible, IReadOnlyList<Rejection> rejections, string? leave)
    {
        var reason = visible == 0
            ? "no media node in any pool that the tenant may use: create an SfuPool in this namespace, increase its replicas, or set the tenant's pools.sfuSelector to select a shared pool"
            : $"none of the {visible} media nodes can take the meeting; see status.rejections";
        return new PlacementDecision
        {
            Outcome = visible == 0 ? PlacementOutcome.NoCandidates : PlacementOutcome.NoCapacity,
            Generation = demand.Current?.Generation ?? 0,
            Reason = leave is null ? reason : $"{leave}; {reason}",
            Rejections = rejections,
        };
    }

    private static bool IsVisible(MeetingDemand demand, NodeSnapshot node) =>
        node.Namespace == demand.Namespace || (node.IsInSharedNamespace && demand.TenantPoolSelector is not null);

    private static Rejection? FindRejection(in FilterContext context, NodeSnapshot node)
    {
        foreach (var filter in Filters)
        {
            var result = filter.Evaluate(context, node);
            if (!result.IsAccepted)
            {
                return new Rejection(filter.AppliesToPool ? node.Pool : node.Name, result.Reason!);
            }
        }

        return null;
    }

    private static double Score(in FilterContext context, NodeSnapshot node)
    {
        var sum = 0.0;
        foreach (var scorer in Scorers)
        {
            sum += scorer.Weight * scorer.Score(context, node);
        }

        return sum;
    }

    private static bool Precedes(ulong seed, NodeSnapshot node, NodeSnapshot other)
    {
        var order = TieBreaker.Rank(seed, node.Namespace, node.Name).CompareTo(TieBreaker.Rank(seed, other.Namespace, other.Name));
        return order < 0 || (order == 0 && string.CompareOrdinal(node.Name, other.Name) < 0);
    }

    private static string DescribeChoice(in FilterContext context, NodeSnapshot node)
    {
        var fill = FormattableString.Invariant($"{node.Fill(context.Options) * 100:0} % full");
        var region = context.Demand.PreferredRegions.Contains(node.Region) ? $"preferred region {node.Region}, " : string.Empty;
        return $"{region}{fill}, {context.Demand.Strategy}";
    }
}
