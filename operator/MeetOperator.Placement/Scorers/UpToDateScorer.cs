using MeetOperator.Placement.Filters;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Scorers;

/// <summary>Prefers nodes with their pool's current template, so that outdated nodes become empty and can be replaced without moving a meeting.</summary>
internal sealed class UpToDateScorer : INodeScorer
{
    public double Weight => 10;

    public double Score(in FilterContext context, NodeSnapshot node) => node.IsOutdated || node.IsSurplus ? 0 : 1;
}
