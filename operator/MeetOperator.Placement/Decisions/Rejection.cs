namespace MeetOperator.Placement;

/// <summary>Why a node, or all nodes of a pool, were turned down.</summary>
public sealed record Rejection(string Candidate, string Reason);
