using System.Data.Common;
using Dapper;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public sealed class SqlDiagnosticRepository(ISqlDatabase database) : SqlRepository(database), IDiagnosticRepository
{
    private const string Columns = "d.tenant, d.meeting_id, d.report_id, d.participant_id, d.reference, d.created_at, d.text, d.browser, p.display_name";

    private const string From =
        """
        FROM diagnostics d
        LEFT JOIN participants p ON p.tenant = d.tenant AND p.meeting_id = d.meeting_id AND p.participant_id = d.participant_id
        WHERE d.tenant = @tenant AND d.meeting_id = @meetingId
        """;

    public Task<DiagnosticResult> AddAsync(DiagnosticRow report, int maxOfParticipant, int maxOfMeeting, CancellationToken ct) =>
        Database.RunAsync(SqlScope.Of(report.Tenant), connection => AddAsync(connection, report, maxOfParticipant, maxOfMeeting, ct), ct);

    public Task<IReadOnlyList<DiagnosticRow>> ListAsync(string tenant, string meetingId, CancellationToken ct) =>
        ListAsync<DiagnosticRow>(tenant, $"SELECT {Columns} {From} ORDER BY d.created_at, d.report_id", new { tenant, meetingId }, ct);

    public Task<DiagnosticRow?> FindAsync(string tenant, string meetingId, string reportId, CancellationToken ct) =>
        FirstAsync<DiagnosticRow>(tenant, $"SELECT {Columns}, d.statistics {From} AND d.report_id = @reportId", new { tenant, meetingId, reportId }, ct);

    /// <summary>Updating the meeting row takes its lock until the commit, so reports are counted one after the other. Removing a participant takes the same lock.</summary>
    private async Task<DiagnosticResult> AddAsync(DbConnection connection, DiagnosticRow report, int maxOfParticipant, int maxOfMeeting, CancellationToken ct)
    {
        await using var transaction = await Database.BeginWriteAsync(connection, ct).ConfigureAwait(false);
        CommandDefinition Command(string sql) => new(sql, report, transaction, cancellationToken: ct);

        var openMeetings = await connection.ExecuteAsync(Command(
            "UPDATE meetings SET last_message_id = last_message_id WHERE tenant = @Tenant AND meeting_id = @MeetingId AND status <> 'ended'")).ConfigureAwait(false);
        if (openMeetings == 0)
        {
            return new(DiagnosticOutcome.Ended);
        }

        var status = await connection.QueryFirstOrDefaultAsync<string>(Command(
            "SELECT connection_status FROM participants WHERE tenant = @Tenant AND meeting_id = @MeetingId AND participant_id = @ParticipantId")).ConfigureAwait(false);
        if (status is null or ConnectionStatuses.Removed)
        {
            return new(DiagnosticOutcome.NotMember);
        }

        var earlier = await connection.QueryFirstOrDefaultAsync<string>(Command(
            "SELECT report_id FROM diagnostics WHERE tenant = @Tenant AND meeting_id = @MeetingId AND participant_id = @ParticipantId AND reference = @Reference")).ConfigureAwait(false);
        if (earlier is not null)
        {
            return new(DiagnosticOutcome.Duplicate, earlier);
        }

        var ofParticipant = await connection.ExecuteScalarAsync<long>(Command(
            "SELECT COUNT(*) FROM diagnostics WHERE tenant = @Tenant AND meeting_id = @MeetingId AND participant_id = @ParticipantId")).ConfigureAwait(false);
        if (ofParticipant >= maxOfParticipant)
        {
            return new(DiagnosticOutcome.ParticipantFull);
        }

        var ofMeeting = await connection.ExecuteScalarAsync<long>(Command("SELECT COUNT(*) FROM diagnostics WHERE tenant = @Tenant AND meeting_id = @MeetingId")).ConfigureAwait(false);
        if (ofMeeting >= maxOfMeeting)
        {
            return new(DiagnosticOutcome.MeetingFull);
        }

        await connection.ExecuteAsync(Command(
            """
            INSERT INTO diagnostics (tenant, meeting_id, report_id, participant_id, reference, created_at, text, browser, statistics)
            VALUES (@Tenant, @MeetingId, @ReportId, @ParticipantId, @Reference, @CreatedAt, @Text, @Browser, @Statistics)
            """)).ConfigureAwait(false);
        await transaction.CommitAsync(ct).ConfigureAwait(false);
        return new(DiagnosticOutcome.Stored, report.ReportId);
    }
}
