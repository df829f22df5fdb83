namespace MeetOperator.Signaling.Data.Rows;

/// <summary>A participant of a meeting. Times are Unix milliseconds.</summary>
public sealed record ParticipantRow
{
    public required string Tenant { get; init; }
    public required string MeetingId { get; init; }
    public required string ParticipantId { get; init; }
    public string? UserId { get; init; }
    public required string DisplayName { get; init; }

    /// <summary>host or participant.</summary>
    public required string Role { get; init; }
    public long JoinTime { get; init; }
    public long? LeaveTime { get; init; }

    /// <summary>One of <see cref="ConnectionStatuses"/>.</summary>
    public string ConnectionStatus { get; init; } = ConnectionStatuses.Joining;
    public bool AudioEnabled { get; init; } = true;
    public bool VideoEnabled { get; init; } = true;
}
