namespace MeetOperator.Signaling.Data.Rows;

/// <summary>The record of a meeting that outlives the Meeting object: its host, times and settings (JSON). Times are Unix milliseconds.</summary>
public sealed record MeetingRow
{
    public required string Tenant { get; init; }
    public required string MeetingId { get; init; }
    public string HostId { get; init; } = string.Empty;
    public required string Title { get; init; }
    public long StartTime { get; init; }
    public long? EndTime { get; init; }

    /// <summary>open or ended.</summary>
    public string Status { get; init; } = MeetingRowStatus.Open;
    public int MaxParticipants { get; init; }
    public string Settings { get; init; } = "{}";
}
