using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Filters;

/// <summary>Keeps a pinned meeting in its current region.</summary>
internal sealed class PinnedRegionFilter : INodeFilter
{
    public bool AppliesToPool => true;

    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        var pinned = context.Demand.PinRegion ? context.Demand.Current?.Region : null;
        return pinned is null || node.Region == pinned
            ? FilterResult.Pass
            : FilterResult.Reject($"the meeting is pinned to region {pinned}");
    }
}
