namespace MeetOperator.Placement.Inputs;

/// <summary>A request to move a meeting to a certain media node, by a user or by the operator, which has not been answered yet.</summary>
public sealed record MoveDemand
{
    public required string SfuNode { get; init; }

    /// <summary>Namespace of the node; null for the meeting's own or, if it has no such node, a shared one.</summary>
    public string? Namespace { get; init; }

    /// <summary>Why the operator itself moves the meeting; null for the request of a user.</summary>
    public string? Cause { get; init; }

    /// <summary>The node is being prepared for the move, or was.</summary>
    public bool HasBegun { get; init; }
}
