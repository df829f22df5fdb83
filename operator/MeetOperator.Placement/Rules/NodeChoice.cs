using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Filters;
using MeetOperator.Placement.Inputs;
using MeetOperator.Placement.Scorers;

namespace MeetOperator.Placement.Rules;

/// <summary>The best media node for a meeting and the reasons why others were rejected. Pure.</summary>
/// <param name="Best">The chosen node; null when every node was rejected.</param>
/// <param name="VisibleNodes">Number of nodes in pools that the tenant may use.</param>
/// <param name="Rejections">Every rejected candidate, sorted by name.</param>
internal sealed record NodeChoice(NodeSnapshot? Best, int VisibleNodes, IReadOnlyList<Rejection> Rejections)
{
    private static readonly TenantPoolFilter PoolFilter = new();

    private static readonly INodeFilter[] Filters =
    [
        PoolFilter,
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
    private static readonly INodeFilter[] TenantFilters = [PoolFilter, new RegionFilter()];

    private static readonly INodeScorer[] RegionScorers = [new RegionScorer(), new UsedRegionScorer()];
    private static readonly INodeScorer[] Scorers = [.. RegionScorers, new UpToDateScorer(), new FillScorer(), new StressScorer()];

    /// <param name="input">The meeting and the fleet.</param>
    /// <param name="context">The input of filters and scorers.</param>
    /// <param name="excluded">Nodes that are no candidates because they carry the meeting already.</param>
    public static NodeChoice Among(PlacementInput input, in FilterContext context, Func<NodeSnapshot, bool> excluded)
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

            if (excluded(node))
            {
                rejections.TryAdd(node.Name, "it carries the meeting already");
                continue;
            }

            var score = Score(Scorers, context, node);
            if (score > bestScore || (score == bestScore && Precedes(input.Seed, node, best!)))
            {
                (best, bestScore) = (node, score);
            }
        }

        return new NodeChoice(best, visible, [.. rejections.Select(entry => new Rejection(entry.Key, entry.Value))]);
    }

    public static bool IsAcceptable(in FilterContext context, NodeSnapshot node) => IsVisible(context.Demand, node) && FindRejection(context, node) is null;

    /// <summary>Whether the node passes all filters that do not depend on pool and tenant.</summary>
    public static bool HasRoomFor(in FilterContext context, NodeSnapshot node)
    {
        foreach (var filter in Filters)
        {
            if (!filter.AppliesToPool && !filter.Evaluate(context, node).IsAccepted)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The reason why the tenant or the meeting does not allow the node, or null.</summary>
    public static string? FindDisallowedReason(in FilterContext context, NodeSnapshot node)
    {
        if (!IsVisible(context.Demand, node))
        {
            return "the tenant may not use the pool (pools.sfuSelector)";
        }

        foreach (var filter in TenantFilters)
        {
            if (filter.Evaluate(context, node).Reason is { } reason)
            {
                return reason;
            }
        }

        return null;
    }

    /// <summary>Every reason why the node cannot take the meeting; null when the meeting may not learn of the node.</summary>
    public static IReadOnlyList<string>? FindRejections(FilterContext context, NodeSnapshot node) =>
        IsVisible(context.Demand, node) ? [.. Filters.Select(filter => filter.Evaluate(context, node).Reason).OfType<string>()] : null;

    /// <summary>How good the node's region is for the meeting, whatever else is true of the node.</summary>
    public static double ScoreRegion(in FilterContext context, NodeSnapshot node) => Score(RegionScorers, context, node);

    /// <summary>Whether the meeting may use the node's pool, so that answers to its tenant may name the node.</summary>
    public static bool MayKnow(MeetingDemand demand, NodeSnapshot node) => IsVisible(demand, node) && PoolFilter.Evaluate(new FilterContext(demand, PlacementOptions.Default, default), node).IsAccepted;

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

    private static double Score(INodeScorer[] scorers, in FilterContext context, NodeSnapshot node)
    {
        var sum = 0.0;
        foreach (var scorer in scorers)
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
}
