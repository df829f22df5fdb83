namespace MeetOperator.Signaling.Kubernetes;

/// <summary>Body of <c>POST /meetings</c>.</summary>
internal sealed record CreateMeetingRequest
{
    /// <summary>The displayed title, 1 to 200 characters.</summary>
    public string? Title { get; init; }

    /// <summary>Planned start of the meeting. Null: now.</summary>
    public DateTimeOffset? StartTime { get; init; }
    public MeetingSettings? Settings { get; init; }
}
