using System.Data.Common;
using Dapper;
using Npgsql;

namespace MeetOperator.Signaling.Data;

/// <summary>PostgreSQL, shared by every instance of signaling.</summary>
public sealed class PostgresDatabase(string connectionString) : ISqlDatabase
{
    /// <summary>Any constant that nobody else in the database uses ("meetsig" in ASCII).</summary>
    private const long MigrationLock = 0x6D656574736967;

    private readonly NpgsqlDataSource source = NpgsqlDataSource.Create(connectionString);

    public string Engine => "postgres";

    public async Task<DbConnection> OpenAsync(CancellationToken ct) => await source.OpenConnectionAsync(ct).ConfigureAwait(false);

    public async Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken ct) =>
        await connection.BeginTransactionAsync(ct).ConfigureAwait(false);

    public Task LockForMigrationAsync(DbTransaction transaction, CancellationToken ct) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "SELECT pg_advisory_xact_lock(@MigrationLock)", new { MigrationLock }, transaction, cancellationToken: ct));

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
