using MeetOperator.Contracts.Meetings;
using MeetOperator.Placement.Filters;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Scorers;

/// <summary>Packed prefers the fuller node, so that others can be emptied. Distributed prefers the emptier node.</summary>
internal sealed class FillScorer : INodeScorer
{
    public double Weight => 1;

    public double Score(in FilterContext context, NodeSnapshot node)
    {
        var fill = Math.Min(1, node.Fill(context.Options));
        return context.Demand.Strategy == PlacementStrategy.Packed ? fill : 1 - fill;
    }
}
