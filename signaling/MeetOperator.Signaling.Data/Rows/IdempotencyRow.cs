namespace MeetOperator.Signaling.Data.Rows;

/// <summary>
/// A request to create a meeting that the caller may repeat with the same key. Contains no secret: the host token is signed again for each response and is
/// identical. Times are Unix milliseconds.
/// </summary>
public sealed record IdempotencyRow
{
    public required string Tenant { get; init; }

    /// <summary>SHA-256 of the caller and the key.</summary>
    public required string KeyHash { get; init; }
    public required string BodyHash { get; init; }

    /// <summary>Assigned before the meeting is created, so that all requests with the key create the same meeting.</summary>
    public required string MeetingId { get; init; }
    public required string TokenId { get; init; }

    /// <summary>UID of the Meeting object, which the host token contains. Null until the meeting is created, and in rows of earlier releases.</summary>
    public string? MeetingUid { get; init; }

    /// <summary>Null until the meeting is created.</summary>
    public long? CompletedAt { get; init; }
    public long ExpiresAt { get; init; }
}
