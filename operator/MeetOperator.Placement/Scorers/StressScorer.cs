using MeetOperator.Placement.Filters;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Scorers;

/// <summary>Prefers the node with less stress among nodes with about the same utilization.</summary>
internal sealed class StressScorer : INodeScorer
{
    public double Weight => 0.01;

    public double Score(in FilterContext context, NodeSnapshot node) => 1 - Math.Clamp(node.Stress, 0, 1);
}
