using MeetOperator.Placement.Filters;

namespace MeetOperator.Placement.Scorers;

/// <summary>Says how good a node is for a meeting, 0 to 1.</summary>
public interface INodeScorer
{
    /// <summary>Weight of the score in the sum; the scorers' weights are orders apart, so that a weaker one only breaks ties.</summary>
    double Weight { get; }

    double Score(in FilterContext context, NodeSnapshot node);
}
