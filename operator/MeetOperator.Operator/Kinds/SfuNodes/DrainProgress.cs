using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>The progress of a media node's drain.</summary>
/// <param name="IsFinished">True when the node is empty and nothing is left to do.</param>
/// <param name="Blocked">The failure that keeps the node from becoming empty and does not resolve by itself, or null.</param>
internal readonly record struct DrainProgress(bool IsFinished, NodeFailure? Blocked);
