using MeetOperator.Placement.Filters;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Scorers;

/// <summary>Prefers the regions where the meeting is already: that of the node to be replaced, then the others.</summary>
internal sealed class UsedRegionScorer : INodeScorer
{
    public double Weight => 100;

    public double Score(in FilterContext context, NodeSnapshot node) => context.Regions?.Rank(node.Region) ?? 0;
}
