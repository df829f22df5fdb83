namespace MeetOperator.Placement.Decisions;

/// <summary>The reason why a node, or every node of a pool, was rejected.</summary>
public sealed record Rejection(string Candidate, string Reason);
