namespace MeetOperator.Signaling.Data.Rows;

/// <summary>How many participants gave a rating.</summary>
public sealed record SurveyCount
{
    public required int Rating { get; init; }
    public required long Answers { get; init; }
}
