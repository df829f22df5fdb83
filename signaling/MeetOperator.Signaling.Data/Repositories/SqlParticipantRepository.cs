using Dapper;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public sealed class SqlParticipantRepository(ISqlDatabase database) : SqlRepository(database), IParticipantRepository
{
    private const string Key = "tenant = @tenant AND meeting_id = @meetingId AND participant_id = @participantId";

    public Task AddAsync(ParticipantRow participant, CancellationToken ct) =>
        ExecuteAsync(
            participant.Tenant,
            """
            INSERT INTO participants
              (tenant, meeting_id, participant_id, user_id, display_name, role, join_time, leave_time, connection_status, audio_enabled, video_enabled)
            VALUES
              (@Tenant, @MeetingId, @ParticipantId, @UserId, @DisplayName, @Role, @JoinTime, @LeaveTime, @ConnectionStatus, @AudioEnabled, @VideoEnabled)
            ON CONFLICT (tenant, meeting_id, participant_id) DO NOTHING
            """,
            participant,
            ct);

    public Task<ParticipantRow?> FindAsync(string tenant, string meetingId, string participantId, CancellationToken ct) =>
        FirstAsync<ParticipantRow>(tenant, $"SELECT * FROM participants WHERE {Key}", new { tenant, meetingId, participantId }, ct);

    public async Task<bool> SetStatusAsync(string tenant, string meetingId, string participantId, string status, long at, CancellationToken ct)
    {
        var leaveTime = status == ConnectionStatuses.Left ? at : (long?)null;
        return await ExecuteAsync(
            tenant,
            $"UPDATE participants SET connection_status = @status, leave_time = @leaveTime WHERE {Key} AND connection_status <> 'removed'",
            new { tenant, meetingId, participantId, status, leaveTime },
            ct).ConfigureAwait(false) == 1;
    }

    public Task<bool> RemoveAsync(string tenant, string meetingId, string participantId, long at, CancellationToken ct) => Database.RunAsync(
        SqlScope.Of(tenant),
        async connection =>
        {
            await using var transaction = await Database.BeginWriteAsync(connection, ct).ConfigureAwait(false);
            CommandDefinition Command(string sql) => new(sql, new { tenant, meetingId, participantId, at }, transaction, cancellationToken: ct);

            // Changes no value. It only takes the lock that storing a chat message holds.
            await connection.ExecuteAsync(Command("UPDATE meetings SET last_message_id = last_message_id WHERE tenant = @tenant AND meeting_id = @meetingId")).ConfigureAwait(false);
            var found = await connection.ExecuteAsync(Command(
                $"UPDATE participants SET connection_status = 'removed', leave_time = @at WHERE {Key}")).ConfigureAwait(false) == 1;
            await transaction.CommitAsync(ct).ConfigureAwait(false);
            return found;
        },
        ct);

    public Task SetMediaAsync(string tenant, string meetingId, string participantId, bool? audio, bool? video, CancellationToken ct) =>
        ExecuteAsync(
            tenant,
            $"UPDATE participants SET audio_enabled = COALESCE(@audio, audio_enabled), video_enabled = COALESCE(@video, video_enabled) WHERE {Key}",
            new { tenant, meetingId, participantId, audio, video },
            ct);
}
