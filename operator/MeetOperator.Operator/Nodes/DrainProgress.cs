using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Nodes;

/// <summary>How far the drain of a media node has come.</summary>
/// <param name="Gone">The node was empty, and nothing is left to do for it.</param>
/// <param name="Blocked">What keeps it from being emptied and will not pass by itself; null when nothing does.</param>
internal readonly record struct DrainProgress(bool Gone, NodeProblem? Blocked);
