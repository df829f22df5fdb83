using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Tests.Harness;

namespace MeetOperator.Signaling.Tests.Data;

public sealed class SqliteRepositoryTests : RepositoryContract
{
    private readonly string _folder = Daemon.NewFolder("sqlite");
    private int _databases;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>On a busy machine, a new transaction once failed because the connection still had an open one.</summary>
    [Fact]
    public async Task BeginWrite_TransactionLeftOpen_StartsAnotherOne()
    {
        await using var database = new SqliteDatabase(Path.Combine(_folder, "left-open.db"));
        await using var connection = await database.OpenAsync(default);
        await using var command = connection.CreateCommand();
        command.CommandText = "CREATE TABLE numbers (n INTEGER); BEGIN IMMEDIATE; INSERT INTO numbers VALUES (1)";
        await command.ExecuteNonQueryAsync();

        await using (var transaction = await database.BeginWriteAsync(connection, default))
        {
            command.Transaction = transaction;
            command.CommandText = "INSERT INTO numbers VALUES (2)";
            await command.ExecuteNonQueryAsync();
            await transaction.CommitAsync();
        }

        command.Transaction = null;
        command.CommandText = "SELECT group_concat(n) FROM numbers";
        Assert.Equal("2", (string?)await command.ExecuteScalarAsync());
    }

    protected override Task<string> ConnectionAsync() => Task.FromResult($"sqlite:{Path.Combine(_folder, $"{++_databases}.db")}");
}
