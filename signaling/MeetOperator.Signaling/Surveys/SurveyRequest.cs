namespace MeetOperator.Signaling.Surveys;

/// <summary>Body of <c>PUT /meetings/{id}/survey</c>.</summary>
internal sealed record SurveyRequest
{
    /// <summary>How the call was: 1 (very bad) to 5 (very good).</summary>
    public int? Rating { get; init; }

    /// <summary>What the person wrote, at most 1,000 characters.</summary>
    public string? Text { get; init; }
}
