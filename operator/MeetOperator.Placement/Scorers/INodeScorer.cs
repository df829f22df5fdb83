using MeetOperator.Placement.Filters;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Scorers;

/// <summary>Scores a node for a meeting, 0 to 1.</summary>
internal interface INodeScorer
{
    /// <summary>Weight of the score in the sum. Weights differ by orders of magnitude, so that a lower-ranked scorer only breaks ties.</summary>
    double Weight { get; }

    double Score(in FilterContext context, NodeSnapshot node);
}
