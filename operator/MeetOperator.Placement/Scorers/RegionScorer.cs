using MeetOperator.Placement.Filters;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Scorers;

/// <summary>Prefers the meeting's preferred regions, in their order.</summary>
internal sealed class RegionScorer : INodeScorer
{
    /// <summary>With 16 preferred regions, one rank is worth more than all other scorers together.</summary>
    public double Weight => 10_000;

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
