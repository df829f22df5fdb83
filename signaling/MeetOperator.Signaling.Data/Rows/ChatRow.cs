namespace MeetOperator.Signaling.Data.Rows;

/// <summary>A chat message. <see cref="MessageId"/> counts from 1 within the meeting, without gaps, in the order that all participants see.</summary>
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

    /// <summary>Chosen by the sender and unique among its messages in the meeting. Starts with a tilde if the server generated it.</summary>
    public string? Reference { get; init; }
}
