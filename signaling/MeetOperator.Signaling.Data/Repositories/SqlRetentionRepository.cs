using Dapper;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public sealed class SqlRetentionRepository(ISqlDatabase database) : IRetentionRepository
{
    static SqlRetentionRepository() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    public Task<IReadOnlyList<MeetingRow>> ListOpenAsync(MeetingRow? after, int limit, CancellationToken ct) => database.RunAsync<IReadOnlyList<MeetingRow>>(
        SqlScope.OfOpenMeetings,
        async connection => (await connection.QueryAsync<MeetingRow>(new CommandDefinition(
            "SELECT * FROM meetings WHERE status = 'open' AND (tenant, meeting_id) > (@tenant, @meetingId) ORDER BY tenant, meeting_id LIMIT @limit",
            new { tenant = after?.Tenant ?? string.Empty, meetingId = after?.MeetingId ?? string.Empty, limit },
            cancellationToken: ct)).ConfigureAwait(false)).AsList(),
        ct);

    public Task<int> RemoveEndedBeforeAsync(long endTime, int limit, CancellationToken ct) => database.RunAsync(
        SqlScope.OfRetention,
        connection => connection.ExecuteAsync(new CommandDefinition(
            """
            DELETE FROM meetings WHERE status = 'ended' AND (tenant, meeting_id) IN
              (SELECT tenant, meeting_id FROM meetings WHERE status = 'ended' AND end_time < @endTime ORDER BY end_time LIMIT @limit)
            """,
            new { endTime, limit },
            cancellationToken: ct)),
        ct);
}
