namespace MeetOperator.Signaling.Data.Rows;

/// <summary>How one participant found the call.</summary>
public sealed record SurveyRow
{
    public required string Tenant { get; init; }
    public required string MeetingId { get; init; }
    public required string ParticipantId { get; init; }

    /// <summary>1 (very bad) to 5 (very good).</summary>
    public required int Rating { get; init; }

    /// <summary>What the person wrote; null if nothing.</summary>
    public string? Text { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long UpdatedAt { get; init; }

    /// <summary>The name of the participant. Read only; null if the participant is unknown.</summary>
    public string? DisplayName { get; init; }
}
