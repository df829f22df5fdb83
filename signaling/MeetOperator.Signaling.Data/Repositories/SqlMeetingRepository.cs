namespace MeetOperator.Signaling.Data;

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

    public Task RemoveAsync(string tenant, string meetingId, CancellationToken ct) =>
        ExecuteAsync(tenant, "DELETE FROM meetings WHERE tenant = @tenant AND meeting_id = @meetingId", new { tenant, meetingId }, ct);
}
