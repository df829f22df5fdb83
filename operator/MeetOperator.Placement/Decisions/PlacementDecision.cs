namespace MeetOperator.Placement;

/// <summary>The outcome of a placement and why.</summary>
public sealed record PlacementDecision
{
    /// <summary>The node that carries the meeting; null when none can.</summary>
    public ChosenNode? Chosen { get; init; }

    /// <summary>Fencing number of the assignment: the current one when the meeting stays, one higher when it moves, 1 at first.</summary>
    public long Generation { get; init; }
    public required PlacementOutcome Outcome { get; init; }

    /// <summary>One sentence for status and events.</summary>
    public required string Reason { get; init; }

    /// <summary>Every candidate that was turned down, in the order of the names.</summary>
    public IReadOnlyList<Rejection> Rejections { get; init; } = [];
}
