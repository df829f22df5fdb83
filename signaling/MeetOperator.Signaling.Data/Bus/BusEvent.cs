using System.Text.Json.Serialization;

namespace MeetOperator.Signaling.Data.Bus;

/// <summary>
/// An event about a meeting that one replica publishes to the others. Delivery is at most once, because a broken connection loses events. State that must
/// not be lost is stored as well: presence on the bus, chat in the database.
/// </summary>
public sealed record BusEvent
{
    public required BusEventKind Kind { get; init; }

    /// <summary>The participant that the event is about or, for <see cref="BusEventKind.Frame"/>, the recipient.</summary>
    public string? ParticipantId { get; init; }

    /// <summary>The sender of a <see cref="BusEventKind.Frame"/>, which gets an error if delivery fails. Null for frames from the server.</summary>
    public string? From { get; init; }

    /// <summary>A text frame, or a reason.</summary>
    public string? Text { get; init; }

    /// <summary>Delivery number of a relayed frame that must be acknowledged. The acknowledgement carries the same number.</summary>
    public long? Delivery { get; init; }

    /// <summary>ID of a chat message, in the order of its meeting.</summary>
    public long Sequence { get; init; }

    /// <summary>The span in which the event was published (W3C Trace Context, section 3.2), or null.</summary>
    [JsonPropertyName("traceparent")]
    public string? TraceParent { get; init; }
}
