using MeetOperator.Placement.Filters;

namespace MeetOperator.Placement.Scorers;

/// <summary>Among nodes that are about equally full, the one with less stress.</summary>
public sealed class CalmScorer : INodeScorer
{
    public double Weight => 0.01;

    public double Score(in FilterContext context, NodeSnapshot node) => 1 - Math.Clamp(node.Stress, 0, 1);
}
