namespace MeetOperator.Signaling.Data.Rows;

/// <summary>A report that a participant sent about a problem.</summary>
public sealed record DiagnosticRow
{
    public required string Tenant { get; init; }
    public required string MeetingId { get; init; }
    public required string ReportId { get; init; }
    public required string ParticipantId { get; init; }

    /// <summary>The sender's own name for the report.</summary>
    public string Reference { get; init; } = string.Empty;

    /// <summary>Unix milliseconds.</summary>
    public long CreatedAt { get; init; }

    /// <summary>What the person wrote; null if nothing.</summary>
    public string? Text { get; init; }
    public required string Browser { get; init; }

    /// <summary>JSON. Empty in a list.</summary>
    public string Statistics { get; init; } = string.Empty;

    /// <summary>The name of the participant. Read only; null if the participant is unknown.</summary>
    public string? DisplayName { get; init; }
}
