namespace MeetOperator.Signaling.Data;

/// <summary>A request to create a meeting that may come again under the same key. It holds no secret: the host token is signed anew, and is the same. Times are Unix milliseconds.</summary>
public sealed record IdempotencyRow
{
    public required string Tenant { get; init; }

    /// <summary>SHA-256 of caller and key.</summary>
    public required string KeyHash { get; init; }
    public required string BodyHash { get; init; }

    /// <summary>Given before the meeting is made, so that whoever comes with the key makes the same one.</summary>
    public required string MeetingId { get; init; }
    public required string TokenId { get; init; }

    /// <summary>Uid of the Meeting object, which the host token names; null until the meeting is made, and in rows of releases that did not keep it.</summary>
    public string? MeetingUid { get; init; }

    /// <summary>Null until the meeting is made.</summary>
    public long? CompletedAt { get; init; }
    public long ExpiresAt { get; init; }
}
