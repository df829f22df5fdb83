using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

/// <summary>How participants found the call, one answer each. Deleted with their meeting.</summary>
public interface ISurveyRepository
{
    /// <summary>Stores the answer, or replaces the earlier one of the participant. The meeting is open or ended at <paramref name="endedSince"/> (Unix milliseconds) or later.</summary>
    Task<SurveyOutcome> AnswerAsync(SurveyRow answer, long endedSince, CancellationToken ct);

    /// <summary>Counts the answers of a meeting by rating. Ratings without an answer are missing.</summary>
    Task<IReadOnlyList<SurveyCount>> CountAsync(string tenant, string meetingId, CancellationToken ct);

    /// <summary>Lists answers in the order of the participant's ID, after <paramref name="afterParticipantId"/>.</summary>
    Task<IReadOnlyList<SurveyRow>> ListAsync(string tenant, string meetingId, string afterParticipantId, int limit, CancellationToken ct);
}
