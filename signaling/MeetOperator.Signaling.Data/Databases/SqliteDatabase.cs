using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace MeetOperator.Signaling.Data.Databases;

/// <summary>SQLite in a file on disk, for a single host. Uses a write-ahead log; writers wait up to ten seconds for the lock.</summary>
internal sealed class SqliteDatabase : ISqlDatabase
{
    private readonly string _connectionString;

    static SqliteDatabase() => SQLitePCL.Batteries_V2.Init();

    public SqliteDatabase(string path)
    {
        var full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        _connectionString = new SqliteConnectionStringBuilder { DataSource = full, DefaultTimeout = 10, ForeignKeys = true }.ToString();
    }

    public string Engine => "sqlite";

    public async Task<DbConnection> OpenAsync(CancellationToken ct)
    {
        var connection = new SqliteConnection(_connectionString);
        await connection.OpenAsync(ct).ConfigureAwait(false);
        await using var pragma = connection.CreateCommand();
        pragma.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 10000;";
        await pragma.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
        return connection;
    }

    public async Task<T> RunAsync<T>(SqlScope scope, Func<DbConnection, Task<T>> work, CancellationToken ct)
    {
        await using var connection = await OpenAsync(ct).ConfigureAwait(false);
        return await work(connection).ConfigureAwait(false);
    }

    /// <summary>Uses BEGIN IMMEDIATE, which takes the write lock at once. Otherwise, one of two concurrent writers fails at its first write.</summary>
    public Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken ct)
    {
        var sqlite = (SqliteConnection)connection;
        try
        {
            return Task.FromResult<DbTransaction>(Begin());
        }
        catch (SqliteException) when (SQLitePCL.raw.sqlite3_get_autocommit(sqlite.Handle) == 0)
        {
            // The connection still has an open transaction, which can happen on a busy machine. Nothing can commit it any more.
            using var rollback = sqlite.CreateCommand();
            rollback.CommandText = "ROLLBACK";
            rollback.ExecuteNonQuery();
            return Task.FromResult<DbTransaction>(Begin());
        }

        SqliteTransaction Begin() => sqlite.BeginTransaction(IsolationLevel.Serializable, deferred: false);
    }

    /// <summary>Nothing to do: BEGIN IMMEDIATE already holds the write lock.</summary>
    public Task LockForMigrationAsync(DbTransaction transaction, int timeoutSeconds, CancellationToken ct) => Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
        return ValueTask.CompletedTask;
    }
}
