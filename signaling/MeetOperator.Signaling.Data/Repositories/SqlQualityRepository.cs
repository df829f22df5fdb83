using Dapper;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public sealed class SqlQualityRepository(ISqlDatabase database) : SqlRepository(database), IQualityRepository
{
    private const string AddLine =
        """
        INSERT INTO quality_lines AS q
          (tenant, meeting_id, participant_id, updated_at, rtt_ms, send_loss, receive_loss, send_kbps, receive_kbps, first_frame_ms, path, path_reason, reports, rtt_reports, sum_rtt_ms, sum_send_loss, sum_receive_loss)
        VALUES
          (@Tenant, @MeetingId, @ParticipantId, @UpdatedAt, @RttMs, @SendLoss, @ReceiveLoss, @SendKbps, @ReceiveKbps, @FirstFrameMs, @Path, @PathReason, @Reports, @RttReports, @SumRttMs, @SumSendLoss, @SumReceiveLoss)
        ON CONFLICT (tenant, meeting_id, participant_id) DO UPDATE SET
          updated_at = excluded.updated_at, rtt_ms = COALESCE(excluded.rtt_ms, q.rtt_ms), send_loss = excluded.send_loss, receive_loss = excluded.receive_loss,
          send_kbps = excluded.send_kbps, receive_kbps = excluded.receive_kbps, first_frame_ms = COALESCE(excluded.first_frame_ms, q.first_frame_ms),
          path = COALESCE(excluded.path, q.path), path_reason = CASE WHEN excluded.path IS NULL THEN q.path_reason ELSE excluded.path_reason END,
          reports = q.reports + excluded.reports, rtt_reports = q.rtt_reports + excluded.rtt_reports, sum_rtt_ms = q.sum_rtt_ms + excluded.sum_rtt_ms,
          sum_send_loss = q.sum_send_loss + excluded.sum_send_loss, sum_receive_loss = q.sum_receive_loss + excluded.sum_receive_loss
        WHERE excluded.updated_at > q.updated_at
        """;

    private const string AddTrack =
        """
        INSERT INTO quality_tracks AS q
          (tenant, meeting_id, participant_id, sender_id, source, updated_at, quality, kbps, loss, jitter_ms, frozen, frames_per_second, height, reports, poor_reports, sum_kbps, sum_loss, sum_jitter_ms, sum_frozen)
        VALUES
          (@Tenant, @MeetingId, @ParticipantId, @SenderId, @Source, @UpdatedAt, @Quality, @Kbps, @Loss, @JitterMs, @Frozen, @FramesPerSecond, @Height, @Reports, @PoorReports, @SumKbps, @SumLoss, @SumJitterMs, @SumFrozen)
        ON CONFLICT (tenant, meeting_id, participant_id, sender_id, source) DO UPDATE SET
          updated_at = excluded.updated_at, quality = excluded.quality, kbps = excluded.kbps, loss = excluded.loss, jitter_ms = excluded.jitter_ms, frozen = excluded.frozen,
          frames_per_second = excluded.frames_per_second, height = excluded.height, reports = q.reports + excluded.reports, poor_reports = q.poor_reports + excluded.poor_reports,
          sum_kbps = q.sum_kbps + excluded.sum_kbps, sum_loss = q.sum_loss + excluded.sum_loss, sum_jitter_ms = q.sum_jitter_ms + excluded.sum_jitter_ms, sum_frozen = q.sum_frozen + excluded.sum_frozen
        WHERE excluded.updated_at > q.updated_at
        """;

    public Task AddAsync(string tenant, string meetingId, IReadOnlyCollection<QualityLineRow> lines, IReadOnlyCollection<QualityTrackRow> tracks, CancellationToken ct) => Database.RunAsync(
        SqlScope.Of(tenant),
        async connection =>
        {
            await using var transaction = await Database.BeginWriteAsync(connection, ct).ConfigureAwait(false);
            CommandDefinition Command(string sql, object parameters) => new(sql, parameters, transaction, cancellationToken: ct);
            if (await connection.ExecuteScalarAsync<long>(Command("SELECT COUNT(*) FROM meetings WHERE tenant = @tenant AND meeting_id = @meetingId", new { tenant, meetingId })).ConfigureAwait(false) == 0)
            {
                return 0;
            }

            // In one order, so that two replicas that write rows of one participant do not deadlock.
            await connection.ExecuteAsync(Command(AddLine, lines.OrderBy(row => row.ParticipantId, StringComparer.Ordinal))).ConfigureAwait(false);
            await connection.ExecuteAsync(Command(AddTrack, tracks.OrderBy(row => (row.ParticipantId, row.SenderId, row.Source)))).ConfigureAwait(false);
            await transaction.CommitAsync(ct).ConfigureAwait(false);
            return 0;
        },
        ct);

    public Task<IReadOnlyList<QualityLineRow>> ListLinesAsync(string tenant, string meetingId, string afterParticipantId, int limit, CancellationToken ct) =>
        ListAsync<QualityLineRow>(
            tenant,
            """
            SELECT q.*, p.display_name FROM quality_lines q
            LEFT JOIN participants p ON p.tenant = q.tenant AND p.meeting_id = q.meeting_id AND p.participant_id = q.participant_id
            WHERE q.tenant = @tenant AND q.meeting_id = @meetingId AND q.participant_id > @afterParticipantId
            ORDER BY q.participant_id LIMIT @limit
            """,
            new { tenant, meetingId, afterParticipantId, limit },
            ct);

    public Task<IReadOnlyList<QualityTrackRow>> ListTracksAsync(string tenant, string meetingId, string fromParticipantId, string toParticipantId, CancellationToken ct) =>
        ListAsync<QualityTrackRow>(
            tenant,
            """
            SELECT * FROM quality_tracks
            WHERE tenant = @tenant AND meeting_id = @meetingId AND participant_id >= @fromParticipantId AND participant_id <= @toParticipantId
            ORDER BY participant_id, sender_id, source
            """,
            new { tenant, meetingId, fromParticipantId, toParticipantId },
            ct);
}
