namespace MeetOperator.Signaling.Data;

/// <summary>
/// What one instance tells the others about a meeting. Delivery is at most once (a lost connection loses events), so whatever must not be
/// lost is also kept as state: presence here, chat in the database.
/// </summary>
public sealed record BusEvent
{
    public required BusEventKind Kind { get; init; }

    /// <summary>Whom it is about or, for <see cref="BusEventKind.Frame"/>, for.</summary>
    public string? ParticipantId { get; init; }

    /// <summary>The presence connection that is meant; null means whichever it is.</summary>
    public string? Connection { get; init; }

    /// <summary>Who sent a <see cref="BusEventKind.Frame"/>; it is told when the frame cannot be delivered. Null for frames of the server.</summary>
    public string? From { get; init; }

    /// <summary>A text frame, or a reason.</summary>
    public string? Text { get; init; }

    /// <summary>Number of a relayed frame that is to be acknowledged; the acknowledgement carries the same.</summary>
    public long? Delivery { get; init; }

    /// <summary>Place of a chat line in its meeting.</summary>
    public long Sequence { get; init; }
}
