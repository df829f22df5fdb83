using MeetOperator.Placement.Filters;

namespace MeetOperator.Placement.Scorers;

/// <summary>Prefers nodes of their pool's present template, so that older ones empty and can be replaced without moving anybody.</summary>
public sealed class UpToDateScorer : INodeScorer
{
    public double Weight => 10;

    public double Score(in FilterContext context, NodeSnapshot node) => node.Outdated ? 0 : 1;
}
