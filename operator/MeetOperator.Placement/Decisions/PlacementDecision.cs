namespace MeetOperator.Placement.Decisions;

/// <summary>The outcome of a placement and its reason.</summary>
public sealed record PlacementDecision
{
    /// <summary>The chosen node, or null when no node can take the meeting.</summary>
    public ChosenNode? Chosen { get; init; }

    /// <summary>Fencing number of the assignment: 1 for the first placement, unchanged while the meeting stays, incremented on every move.</summary>
    public long Generation { get; init; }
    public required PlacementOutcome Outcome { get; init; }

    /// <summary>One sentence for the status and for events.</summary>
    public required string Reason { get; init; }

    /// <summary>Every rejected candidate, sorted by name.</summary>
    public IReadOnlyList<Rejection> Rejections { get; init; } = [];
}
