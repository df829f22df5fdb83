using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Filters;

/// <summary>Restricts a meeting to the regions that both the meeting and its tenant allow.</summary>
internal sealed class RegionFilter : INodeFilter
{
    public bool AppliesToPool => true;

    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        var allowed = context.Demand.AllowedRegions;
        if (allowed.Contains(node.Region))
        {
            return FilterResult.Pass;
        }

        var listed = allowed.IsNone ? "no region is allowed" : $"allowed regions: {allowed}";
        return FilterResult.Reject(node.Region is null ? $"the pool has no region; {listed}" : $"region {node.Region} is not allowed; {listed}");
    }
}
