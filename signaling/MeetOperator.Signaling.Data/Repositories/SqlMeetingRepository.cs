using Dapper;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public sealed class SqlMeetingRepository(ISqlDatabase database) : SqlRepository(database), IMeetingRepository
{
    public async Task<bool> AddAsync(MeetingRow meeting, CancellationToken ct) =>
        await ExecuteAsync(
            meeting.Tenant,
            """
            INSERT INTO meetings (tenant, meeting_id, host_id, title, start_time, end_time, status, max_participants, settings)
            VALUES (@Tenant, @MeetingId, @HostId, @Title, @StartTime, @EndTime, @Status, @MaxParticipants, @Settings)
            ON CONFLICT (tenant, meeting_id) DO NOTHING
            """,
            meeting,
            ct).ConfigureAwait(false) == 1;

    public Task<MeetingRow?> FindAsync(string tenant, string meetingId, CancellationToken ct) =>
        FirstAsync<MeetingRow>(tenant, "SELECT * FROM meetings WHERE tenant = @tenant AND meeting_id = @meetingId", new { tenant, meetingId }, ct);

    public Task<MeetingRow?> FindByIdAsync(string meetingId, CancellationToken ct) =>
        FirstAsync<MeetingRow>(SqlScope.OfMeeting(meetingId), "SELECT * FROM meetings WHERE meeting_id = @meetingId ORDER BY start_time LIMIT 1", new { meetingId }, ct);

    public async Task<bool> CloseAsync(string tenant, string meetingId, long endTime, CancellationToken ct) =>
        await ExecuteAsync(
            tenant,
            "UPDATE meetings SET status = 'ended', end_time = @endTime WHERE tenant = @tenant AND meeting_id = @meetingId AND status <> 'ended'",
            new { tenant, meetingId, endTime },
            ct).ConfigureAwait(false) == 1;

    public Task ReopenAsync(string tenant, string meetingId, long endTime, CancellationToken ct) =>
        ExecuteAsync(
            tenant,
            "UPDATE meetings SET status = 'open', end_time = NULL WHERE tenant = @tenant AND meeting_id = @meetingId AND status = 'ended' AND end_time = @endTime",
            new { tenant, meetingId, endTime },
            ct);

    public async Task<IReadOnlyDictionary<string, ModerationState>> ListModerationStatesAsync(string tenant, IReadOnlyCollection<string> meetingIds, CancellationToken ct)
    {
        // One parameter per ID, because PostgreSQL and SQLite bind lists differently.
        var parameters = new DynamicParameters(new { tenant });
        var names = string.Join(", ", meetingIds.Select((id, i) =>
        {
            parameters.Add($"m{i}", id);
            return $"@m{i}";
        }));
        var found = await ListAsync<ModerationRow>(
            tenant,
            $"""
            SELECT meeting_id, participant_id FROM participants WHERE tenant = @tenant AND meeting_id IN ({names}) AND connection_status = 'removed'
            UNION ALL
            SELECT meeting_id, NULL FROM meetings WHERE tenant = @tenant AND meeting_id IN ({names}) AND status = 'ended'
            """,
            parameters,
            ct).ConfigureAwait(false);
        return found.GroupBy(r => r.MeetingId, StringComparer.Ordinal).ToDictionary(
            g => g.Key,
            g => new ModerationState(g.Any(r => r.ParticipantId is null), g.Where(r => r.ParticipantId is not null).Select(r => r.ParticipantId!).ToHashSet(StringComparer.Ordinal)),
            StringComparer.Ordinal);
    }

    public Task RemoveAsync(string tenant, string meetingId, CancellationToken ct) =>
        ExecuteAsync(tenant, "DELETE FROM meetings WHERE tenant = @tenant AND meeting_id = @meetingId", new { tenant, meetingId }, ct);

    private sealed class ModerationRow
    {
        public string MeetingId { get; init; } = string.Empty;

        /// <summary>Null in the row that marks an ended meeting.</summary>
        public string? ParticipantId { get; init; }
    }
}
