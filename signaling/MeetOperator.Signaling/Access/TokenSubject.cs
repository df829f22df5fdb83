namespace MeetOperator.Signaling;

/// <summary>Whom a token is for.</summary>
public sealed record TokenSubject
{
    public required string Tenant { get; init; }
    public required string MeetingId { get; init; }

    /// <summary>Null in host tokens.</summary>
    public string? ParticipantId { get; init; }

    /// <summary>Uid of the Meeting object: another one may come to have its id. Null in tokens of before and where it is not known.</summary>
    public string? MeetingUid { get; init; }

    /// <summary>Unique for each token.</summary>
    public string TokenId { get; init; } = string.Empty;
    public DateTimeOffset IssuedAt { get; init; }
}
