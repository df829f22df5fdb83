namespace MeetOperator.Signaling.Access;

/// <summary>The meeting and participant that a token was issued for.</summary>
internal sealed record TokenSubject
{
    public required string Tenant { get; init; }
    public required string MeetingId { get; init; }

    /// <summary>Null in host tokens.</summary>
    public string? ParticipantId { get; init; }

    /// <summary>UID of the Meeting object, because a later meeting can have the same ID. Null in tokens of earlier releases and where it is unknown.</summary>
    public string? MeetingUid { get; init; }

    /// <summary>Region of the participant; null if it has none, in host tokens, and in tokens of earlier releases.</summary>
    public string? Region { get; init; }

    /// <summary>Unique per token.</summary>
    public string TokenId { get; init; } = string.Empty;
    public DateTimeOffset IssuedAt { get; init; }
}
