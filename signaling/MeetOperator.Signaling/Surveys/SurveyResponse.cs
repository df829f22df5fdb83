using MeetOperator.Signaling.Http;

namespace MeetOperator.Signaling.Surveys;

/// <summary>The answers of one meeting, by participant. <c>next</c> is the value of <c>after</c> for the next page; null on the last page.</summary>
internal sealed record SurveyResponse(string MeetingId, SurveySummary Survey, IReadOnlyList<SurveyResponse.Answer> Answers, string? Next)
{
    internal sealed record Answer(string ParticipantId, string? DisplayName, string At, int Rating, string? Text);
}
