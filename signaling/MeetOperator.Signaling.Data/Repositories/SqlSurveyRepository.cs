using System.Data.Common;
using Dapper;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public sealed class SqlSurveyRepository(ISqlDatabase database) : SqlRepository(database), ISurveyRepository
{
    public Task<SurveyOutcome> AnswerAsync(SurveyRow answer, long endedSince, CancellationToken ct) =>
        Database.RunAsync(SqlScope.Of(answer.Tenant), connection => AnswerAsync(connection, answer, endedSince, ct), ct);

    public Task<IReadOnlyList<SurveyCount>> CountAsync(string tenant, string meetingId, CancellationToken ct) =>
        ListAsync<SurveyCount>(
            tenant,
            "SELECT rating, COUNT(*) AS answers FROM survey_answers WHERE tenant = @tenant AND meeting_id = @meetingId GROUP BY rating ORDER BY rating",
            new { tenant, meetingId },
            ct);

    public Task<IReadOnlyList<SurveyRow>> ListAsync(string tenant, string meetingId, string afterParticipantId, int limit, CancellationToken ct) =>
        ListAsync<SurveyRow>(
            tenant,
            """
            SELECT s.*, p.display_name FROM survey_answers s
            LEFT JOIN participants p ON p.tenant = s.tenant AND p.meeting_id = s.meeting_id AND p.participant_id = s.participant_id
            WHERE s.tenant = @tenant AND s.meeting_id = @meetingId AND s.participant_id > @afterParticipantId
            ORDER BY s.participant_id LIMIT @limit
            """,
            new { tenant, meetingId, afterParticipantId, limit },
            ct);

    /// <summary>Updating the meeting row takes the lock that removing a participant takes.</summary>
    private async Task<SurveyOutcome> AnswerAsync(DbConnection connection, SurveyRow answer, long endedSince, CancellationToken ct)
    {
        await using var transaction = await Database.BeginWriteAsync(connection, ct).ConfigureAwait(false);
        var parameters = new { answer.Tenant, answer.MeetingId, answer.ParticipantId, answer.Rating, answer.Text, answer.UpdatedAt, endedSince };
        CommandDefinition Command(string sql) => new(sql, parameters, transaction, cancellationToken: ct);

        var meetings = await connection.ExecuteAsync(Command(
            """
            UPDATE meetings SET last_message_id = last_message_id
            WHERE tenant = @Tenant AND meeting_id = @MeetingId AND (status <> 'ended' OR end_time >= @endedSince)
            """)).ConfigureAwait(false);
        if (meetings == 0)
        {
            return SurveyOutcome.Ended;
        }

        var status = await connection.QueryFirstOrDefaultAsync<string>(Command(
            "SELECT connection_status FROM participants WHERE tenant = @Tenant AND meeting_id = @MeetingId AND participant_id = @ParticipantId")).ConfigureAwait(false);
        if (status is null or ConnectionStatuses.Removed)
        {
            return SurveyOutcome.NotMember;
        }

        var earlier = await connection.ExecuteScalarAsync<long>(Command(
            "SELECT COUNT(*) FROM survey_answers WHERE tenant = @Tenant AND meeting_id = @MeetingId AND participant_id = @ParticipantId")).ConfigureAwait(false);
        await connection.ExecuteAsync(Command(
            """
            INSERT INTO survey_answers (tenant, meeting_id, participant_id, rating, text, updated_at) VALUES (@Tenant, @MeetingId, @ParticipantId, @Rating, @Text, @UpdatedAt)
            ON CONFLICT (tenant, meeting_id, participant_id) DO UPDATE SET rating = excluded.rating, text = excluded.text, updated_at = excluded.updated_at
            """)).ConfigureAwait(false);
        await transaction.CommitAsync(ct).ConfigureAwait(false);
        return earlier == 0 ? SurveyOutcome.Stored : SurveyOutcome.Replaced;
    }
}
