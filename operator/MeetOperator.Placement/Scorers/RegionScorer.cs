using MeetOperator.Placement.Filters;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Scorers;

/// <summary>Prefers the meeting's preferred regions, in their order.</summary>
internal sealed class RegionScorer : INodeScorer
{
    public double Weight => 100;

    public double Score(in FilterContext context, NodeSnapshot node)
    {
        var preferred = context.Demand.PreferredRegions;
        for (var i = 0; i < preferred.Count; i++)
        {
            if (preferred[i] == node.Region)
            {
                return 1 - ((double)i / preferred.Count);
            }
        }

        return 0;
    }
}
