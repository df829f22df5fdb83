using System.Data.Common;
using Dapper;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public sealed class SqlIdempotencyRepository(ISqlDatabase database) : SqlRepository(database), IIdempotencyRepository
{
    public Task<IdempotencyRow> ClaimAsync(IdempotencyRow row, long now, CancellationToken ct) => Database.RunAsync(
        SqlScope.Of(row.Tenant),
        async connection =>
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "DELETE FROM idempotency_keys WHERE tenant = @Tenant AND expires_at <= @now", new { row.Tenant, now }, cancellationToken: ct)).ConfigureAwait(false);
            await connection.ExecuteAsync(new CommandDefinition(
                """
                INSERT INTO idempotency_keys (tenant, key_hash, body_hash, meeting_id, token_id, completed_at, expires_at)
                VALUES (@Tenant, @KeyHash, @BodyHash, @MeetingId, @TokenId, NULL, @ExpiresAt)
                ON CONFLICT (tenant, key_hash) DO NOTHING
                """,
                row,
                cancellationToken: ct)).ConfigureAwait(false);
            return await ReadAsync(connection, row, ct).ConfigureAwait(false);
        },
        ct);

    public Task<IdempotencyRow> CompleteAsync(IdempotencyRow row, string? meetingUid, long at, CancellationToken ct) => Database.RunAsync(
        SqlScope.Of(row.Tenant),
        async connection =>
        {
            await connection.ExecuteAsync(new CommandDefinition(
                """
                UPDATE idempotency_keys SET completed_at = @at, meeting_uid = @meetingUid
                WHERE tenant = @Tenant AND key_hash = @KeyHash AND meeting_id = @MeetingId AND completed_at IS NULL
                """,
                new { row.Tenant, row.KeyHash, row.MeetingId, at, meetingUid },
                cancellationToken: ct)).ConfigureAwait(false);
            return await ReadAsync(connection, row, ct).ConfigureAwait(false);
        },
        ct);

    private static async Task<IdempotencyRow> ReadAsync(DbConnection connection, IdempotencyRow row, CancellationToken ct) =>
        await connection.QueryFirstAsync<IdempotencyRow>(new CommandDefinition(
            "SELECT * FROM idempotency_keys WHERE tenant = @Tenant AND key_hash = @KeyHash", row, cancellationToken: ct)).ConfigureAwait(false);
}
