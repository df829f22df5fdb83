using MeetOperator.Contracts;
using MeetOperator.Placement.Filters;
using MeetOperator.Placement.Scorers;

namespace MeetOperator.Placement;

/// <summary>Decides on which media node a meeting lives. Pure: no clock, no random, no I/O; never throws for a bad fleet.</summary>
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

    /// <summary>What a tenant was given, as opposed to what fits now.</summary>
    private static readonly INodeFilter[] Rights = [new TenantPoolFilter(), new RegionFilter()];

    private static readonly MeetingDemand Smallest = new() { MeetingId = string.Empty, Namespace = string.Empty, MaxParticipants = 1 };

    private static readonly INodeScorer[] Scorers = [new RegionScorer(), new UpToDateScorer(), new FillScorer(), new CalmScorer()];

    public static PlacementDecision Decide(PlacementInput input, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(input);
        var demand = input.Demand;
        var context = new FilterContext(demand, input.Options, now);
        if (demand.Current is not { } current)
        {
            return Choose(input, context, null);
        }

        var node = input.Nodes.FirstOrDefault(candidate => candidate.Name == current.SfuNode && candidate.Namespace == current.Namespace);
        if (WhyLeave(current, node) is { } leave)
        {
            return Choose(input, context, leave);
        }

        return WhyRatherLeave(current, node!) is { } rather && Choose(input, context, rather) is { Chosen: not null } elsewhere ? elsewhere : Keep(current);
    }

    /// <summary>Whether the node could take at least some meeting now: the smallest one, of a tenant that may use its pool.</summary>
    public static bool TakesMeetings(NodeSnapshot node, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(node);
        var context = new FilterContext(Smallest, PlacementOptions.Default, now);
        return Filters.All(filter => filter.JudgesPool || filter.Evaluate(context, node).Passed);
    }

    /// <summary>Why the meeting may not be on <paramref name="node"/>, where it is; null when it may. A meeting is not moved for it.</summary>
    public static string? WhyNotAllowed(MeetingDemand demand, NodeSnapshot node, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(demand);
        ArgumentNullException.ThrowIfNull(node);
        if (!Visible(demand, node))
        {
            return "the tenant was not given the pool (pools.sfuSelector)";
        }

        var context = new FilterContext(demand, PlacementOptions.Default, now);
        return Rights.Select(filter => filter.Evaluate(context, node).Reason).FirstOrDefault(reason => reason is not null);
    }

    private static PlacementDecision Keep(CurrentPlacement current) => new()
    {
        Outcome = PlacementOutcome.Kept,
        Chosen = new ChosenNode(current.Namespace, current.SfuNode, current.Region),
        Generation = current.Generation,
        Reason = $"stays on {current.SfuNode}",
    };

    /// <summary>Null while the meeting may stay where it is also when no other node takes it; a meeting is not moved for load or because its node was cordoned.</summary>
    private static string? WhyLeave(CurrentPlacement current, NodeSnapshot? node) => node switch
    {
        null => $"{current.SfuNode} is gone",
        { State: SfuNodeState.Unhealthy, MayLive: false } => $"{current.SfuNode} does not serve",
        { HasLostRooms: true } => $"the process of {current.SfuNode} has ended",
        { Dropping: true } => $"{current.SfuNode} is being drained by force",
        _ when current.Refusal is not null => $"{current.SfuNode} refused the room ({current.Refusal})",
        _ when current.RoomLost => $"{current.SfuNode} was restarted",
        _ => null,
    };

    /// <summary>Why the meeting leaves when another node can take it; null when it has no reason to.</summary>
    private static string? WhyRatherLeave(CurrentPlacement current, NodeSnapshot node) =>
        node.Evicting ? $"{current.SfuNode} is being drained" : node.CutOff ? $"people do not reach {current.SfuNode}" : null;

    private static PlacementDecision Choose(PlacementInput input, in FilterContext context, string? leave)
    {
        var rejections = new SortedDictionary<string, string>(StringComparer.Ordinal);
        NodeSnapshot? best = null;
        var bestScore = double.NegativeInfinity;
        var visible = 0;
        foreach (var node in input.Nodes)
        {
            if (!Visible(context.Demand, node))
            {
                continue; // Another tenant's pool: not even named in a rejection.
            }

            visible++;
            if (Rejected(context, node) is { } rejection)
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

        var turnedDown = rejections.Select(entry => new Rejection(entry.Key, entry.Value)).ToArray();
        return best is null ? Nowhere(context.Demand, visible, turnedDown, leave) : Taken(context, best, turnedDown, leave);
    }

    private static PlacementDecision Taken(in FilterContext context, NodeSnapshot node, IReadOnlyList<Rejection> rejections, string? leave) => new()
    {
        Outcome = leave is null ? PlacementOutcome.Placed : PlacementOutcome.Moved,
        Chosen = new ChosenNode(node.Namespace, node.Name, node.Region),
        Generation = (context.Demand.Current?.Generation ?? 0) + 1,
        Reason = leave is null ? $"placed on {node.Name}: {Why(context, node)}" : $"moved to {node.Name}: {leave}",
        Rejections = rejections,
    };

    private static PlacementDecision Nowhere(MeetingDemand demand, int visible, IReadOnlyList<Rejection> rejections, string? leave)
    {
        var cause = visible == 0
            ? "no pool that the tenant may use has a media node: create an SfuPool in this namespace, raise its replicas, or give the tenant a shared pool by pools.sfuSelector"
            : $"none of {visible} media nodes can take the meeting; see status.rejections";
        return new PlacementDecision
        {
            Outcome = visible == 0 ? PlacementOutcome.NoCandidates : PlacementOutcome.NoCapacity,
            Generation = demand.Current?.Generation ?? 0,
            Reason = leave is null ? cause : $"{leave}; {cause}",
            Rejections = rejections,
        };
    }

    private static bool Visible(MeetingDemand demand, NodeSnapshot node) =>
        node.Namespace == demand.Namespace || (node.SharedNamespace && demand.TenantPoolSelector is not null);

    private static Rejection? Rejected(in FilterContext context, NodeSnapshot node)
    {
        foreach (var filter in Filters)
        {
            var result = filter.Evaluate(context, node);
            if (!result.Passed)
            {
                return new Rejection(filter.JudgesPool ? node.Pool : node.Name, result.Reason!);
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

    private static string Why(in FilterContext context, NodeSnapshot node)
    {
        var fill = FormattableString.Invariant($"{node.Fill(context.Options) * 100:0} % full");
        var region = context.Demand.PreferredRegions.Contains(node.Region) ? $"preferred region {node.Region}, " : string.Empty;
        return $"{region}{fill}, {context.Demand.Strategy}";
    }
}
