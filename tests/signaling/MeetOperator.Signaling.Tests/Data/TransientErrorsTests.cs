using Dapper;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Tests.Harness;
using Microsoft.Data.Sqlite;
using StackExchange.Redis;

namespace MeetOperator.Signaling.Tests.Data;

/// <summary>Tests the classification of errors with real servers. Only transient outages are retried and reported as such.</summary>
[Collection(ServersCollection.Name)]
public sealed class TransientErrorsTests(PostgresServer postgres, RedisServer redis)
{
    [Theory]
    [InlineData("08006")] // connection_failure
    [InlineData("25006")] // read_only_sql_transaction: the server has become a standby
    [InlineData("40001")] // serialization_failure
    [InlineData("40P01")] // deadlock_detected
    [InlineData("53300")] // too_many_connections
    [InlineData("57P01")] // admin_shutdown
    [InlineData("57P03")] // cannot_connect_now
    [InlineData("58030")] // io_error
    public async Task RunAsync_TransientPostgresError_Retries(string sqlState) => Assert.Equal(3, await AttemptsAsync(sqlState, succeedAt: 3));

    [Theory]
    [InlineData("22001")] // string_data_right_truncation
    [InlineData("23505")] // unique_violation
    [InlineData("23503")] // foreign_key_violation
    [InlineData("42P01")] // undefined_table
    [InlineData("42501")] // insufficient_privilege
    [InlineData("XX000")] // internal_error
    public async Task RunAsync_PermanentPostgresError_DoesNotRetry(string sqlState) => Assert.Equal(1, await AttemptsAsync(sqlState, succeedAt: 3));

    [Theory]
    [InlineData("28P01", "Password=wrong;Username=nobody")]
    [InlineData("3D000", "Database=nowhere")]
    public async Task IsDatabaseOutage_LoginRejected_ReturnsTrue(string sqlState, string instead)
    {
        var text = new Npgsql.NpgsqlConnectionStringBuilder($"{await postgres.CreateDatabaseAsync()};{instead}") { Pooling = false };
        await using var database = new PostgresDatabase(text.ConnectionString);
        var error = await Assert.ThrowsAnyAsync<Npgsql.PostgresException>(() => database.OpenAsync(default));
        Assert.Equal(sqlState[..2], error.SqlState[..2]);
        Assert.True(TransientErrors.IsDatabaseOutage(error), error.SqlState);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1")]
    [InlineData("Host=nowhere.invalid")]
    public async Task IsDatabaseOutage_ServerUnreachable_ReturnsTrue(string server)
    {
        await using var database = new PostgresDatabase($"{server};Username=meet;Database=meet");
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => database.OpenAsync(default));
        Assert.True(TransientErrors.IsDatabaseOutage(failure), failure.ToString());
    }

    [Fact]
    public async Task IsDatabaseOutage_Sqlite_DistinguishesLockFromSqlErrors()
    {
        var folder = Daemon.NewFolder("failures");
        try
        {
            var path = Path.Combine(folder, "meet.db");
            await using var database = new SqliteDatabase(path);
            await using var writer = await database.OpenAsync(default);
            await writer.ExecuteAsync("CREATE TABLE one (id INTEGER PRIMARY KEY)");
            await using var transaction = await database.BeginWriteAsync(writer, default);

            await using var second = new SqliteConnection($"Data Source={path};Default Timeout=1");
            await second.OpenAsync();
            Assert.True(TransientErrors.IsDatabaseOutage(await Assert.ThrowsAsync<SqliteException>(() => second.ExecuteAsync("INSERT INTO one VALUES (1)"))));
            await transaction.RollbackAsync();
            await second.ExecuteAsync("INSERT INTO one VALUES (1)");
            foreach (var statement in new[] { "INSERT INTO one VALUES (1)", "SELECT * FROM two", "SELEKT 1" })
            {
                Assert.False(TransientErrors.IsDatabaseOutage(await Assert.ThrowsAsync<SqliteException>(() => second.ExecuteAsync(statement))), statement);
            }

            var nowhere = new SqliteConnection($"Data Source={folder}/nowhere/meet.db");
            Assert.True(TransientErrors.IsDatabaseOutage(await Assert.ThrowsAsync<SqliteException>(() => nowhere.OpenAsync())));
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task IsBusOutage_ScriptError_ReturnsFalse()
    {
        using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        foreach (var statement in new[] { "return redis.call('NONSENSE')", "return {", "return redis.call('INCR', KEYS[1])" })
        {
            await connection.GetDatabase().StringSetAsync("text", "text");
            var failure = await Assert.ThrowsAsync<RedisServerException>(() => connection.GetDatabase().ScriptEvaluateAsync(statement, ["text"]));
            Assert.False(TransientErrors.IsBusOutage(failure), failure.Message);
        }
    }

    [Theory]
    [InlineData("LOADING Redis is loading the dataset in memory")]
    [InlineData("READONLY You can't write against a read only replica. script: x, on @user_script:4.")]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'. script: x, on @user_script:4.")]
    [InlineData("ERR Error running script (call to f_1): @user_script:1: READONLY You can't write against a read only replica.")]
    public async Task IsBusOutage_RedisCannotServe_ReturnsTrue(string answer)
    {
        using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        var failure = await Assert.ThrowsAsync<RedisServerException>(() => connection.GetDatabase().ScriptEvaluateAsync("return redis.error_reply(ARGV[1])", [], [answer]));
        Assert.True(TransientErrors.IsBusOutage(failure), failure.Message);
    }

    /// <summary>Makes the server return the SQLSTATE until the given attempt. Returns the number of attempts.</summary>
    private async Task<int> AttemptsAsync(string sqlState, int succeedAt)
    {
        await using var database = new PostgresDatabase(await postgres.CreateDatabaseAsync());
        var attempts = 0;
        try
        {
            await database.RunAsync(
                SqlScope.Of("acme"),
                connection => ++attempts < succeedAt ? connection.ExecuteAsync($"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlState}'; END $$") : Task.FromResult(0),
                default);
        }
        catch (Npgsql.PostgresException e)
        {
            Assert.Equal(sqlState, e.SqlState);
            Assert.False(TransientErrors.IsDatabaseOutage(e), sqlState);
        }

        return attempts;
    }
}
