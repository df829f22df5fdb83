using Dapper;

namespace MeetOperator.Signaling.Data;

public sealed class SqlRetentionRepository(ISqlDatabase database) : IRetentionRepository
{
    public Task<int> RemoveEndedBeforeAsync(long endTime, int most, CancellationToken ct) => database.RunAsync(
        SqlScope.OfRetention,
        connection => connection.ExecuteAsync(new CommandDefinition(
            """
            DELETE FROM meetings WHERE status = 'ended' AND (tenant, meeting_id) IN
              (SELECT tenant, meeting_id FROM meetings WHERE status = 'ended' AND end_time < @endTime ORDER BY end_time LIMIT @most)
            """,
            new { endTime, most },
            cancellationToken: ct)),
        ct);
}
