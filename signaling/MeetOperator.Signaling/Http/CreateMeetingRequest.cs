namespace MeetOperator.Signaling;

/// <summary>Body of <c>POST /meetings</c>.</summary>
public sealed record CreateMeetingRequest
{
    /// <summary>What people see, 1 to 200 characters.</summary>
    public string? Title { get; init; }

    /// <summary>When the meeting is planned to begin; absent means now.</summary>
    public DateTimeOffset? StartTime { get; init; }
    public MeetingSettings? Settings { get; init; }
}
