namespace MeetOperator.KubectlMeet.Placing;

/// <summary>What a drain of a media node would do now.</summary>
internal sealed record DrainPlan
{
    public required string Node { get; init; }
    public required string Pool { get; init; }

    /// <summary>Seconds that meetings may continue before they move.</summary>
    public required int DeadlineSeconds { get; init; }

    /// <summary>The time until which a drain that is going on waits for meetings to end; null when they move now, or the drain has not begun.</summary>
    public DateTimeOffset? WaitsUntil { get; init; }

    /// <summary>
    /// Seconds that the moves usually take at most once they begin, as all meetings move at once: to link the next media node, and for people to move. A media node that does not create the room
    /// costs the time for the link once more. Null when nothing moves, when a meeting may find no place, and when the node cannot be linked: it does not answer, is being deleted, or its drain is
    /// forced.
    /// </summary>
    public int? MaxMoveSeconds { get; init; }
    public required int Participants { get; init; }
    public required IReadOnlyList<DrainMove> Moves { get; init; }

    /// <summary>What would keep the node from becoming empty; empty if nothing would.</summary>
    public required IReadOnlyList<string> Blockers { get; init; }
    public required IReadOnlyList<string> NotKnown { get; init; }
}

/// <summary>One meeting of the plan.</summary>
/// <param name="Meeting">Namespace and name.</param>
/// <param name="Participants">People in it.</param>
/// <param name="To">Where it would go; null if no media node can take it.</param>
/// <param name="Reason">Why there, or why nowhere.</param>
internal sealed record DrainMove(string Meeting, int Participants, string? To, string Reason);
