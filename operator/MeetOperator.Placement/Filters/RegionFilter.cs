namespace MeetOperator.Placement.Filters;

/// <summary>Keeps a meeting in the regions that meeting and tenant allow.</summary>
public sealed class RegionFilter : INodeFilter
{
    public bool JudgesPool => true;

    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        var allowed = context.Demand.AllowedRegions;
        if (allowed.Count == 0 || (node.Region is { } region && allowed.Contains(region)))
        {
            return FilterResult.Pass;
        }

        return FilterResult.Reject(node.Region is null
            ? $"the pool names no region; allowed are {string.Join(", ", allowed)}"
            : $"region {node.Region} is not allowed; allowed are {string.Join(", ", allowed)}");
    }
}
