namespace MeetOperator.Signaling.Data;

/// <summary>A chat line. <see cref="MessageId"/> counts from 1 within its meeting, without gaps, in the order that everybody sees.</summary>
public sealed record ChatRow
{
    public required string Tenant { get; init; }
    public required string MeetingId { get; init; }
    public long MessageId { get; init; }
    public required string SenderId { get; init; }
    public required string DisplayName { get; init; }
    public required string Content { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long Timestamp { get; init; }

    /// <summary>The sender's own name for the line, unique among his lines in the meeting; beginning with a tilde when the server gave it.</summary>
    public string? Reference { get; init; }
}
