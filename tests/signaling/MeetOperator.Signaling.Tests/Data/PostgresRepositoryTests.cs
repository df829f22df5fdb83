using Dapper;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Migrations;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Tests.Harness;
using Npgsql;

namespace MeetOperator.Signaling.Tests.Data;

[Collection(ServersCollection.Name)]
public sealed class PostgresRepositoryTests(PostgresServer server) : RepositoryContract
{
    private static readonly string[] Tables = ["users", "meetings", "participants", "media_streams", "chat_messages", "diagnostics", "survey_answers"];

    [Fact]
    public async Task Query_OtherTenantSelected_ReturnsNoForeignRows()
    {
        var text = await server.CreateDatabaseAsync();
        await using var database = new PostgresDatabase(text);
        await Migrator.MigrateAsync(database, TimeProvider.System, default);
        await FillAsync(database, "acme");
        await FillAsync(database, "globex");

        await using var connection = new NpgsqlConnection(text);
        await connection.OpenAsync();
        foreach (var table in Tables)
        {
            // Without a selected tenant, even the owner of the table sees no rows.
            Assert.Equal(0, await connection.ExecuteScalarAsync<long>($"SELECT count(*) FROM {table}"));
            Assert.Equal(0, await connection.ExecuteAsync($"DELETE FROM {table}"));
        }

        await connection.ExecuteAsync("SELECT set_config('meet.tenant', 'acme', false)");
        foreach (var table in Tables)
        {
            Assert.Equal(["acme"], await connection.QueryAsync<string>($"SELECT tenant FROM {table}"));
        }

        var error = await Assert.ThrowsAsync<PostgresException>(() => connection.ExecuteAsync("INSERT INTO users (tenant, user_id, name) VALUES ('globex', 'intruder', 'x')"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
        Assert.Equal(0, await connection.ExecuteAsync("UPDATE meetings SET title = 'mine' WHERE tenant = 'globex'"));
    }

    [Fact]
    public async Task ListOpen_AllTenants_GrantsNoOtherAccess()
    {
        var text = await server.CreateDatabaseAsync();
        await using var database = new PostgresDatabase(text);
        await Migrator.MigrateAsync(database, TimeProvider.System, default);
        await FillAsync(database, "acme");
        await FillAsync(database, "globex");
        await FillAsync(database, "initech");
        await new SqlMeetingRepository(database).CloseAsync("globex", "globex-m", 1, default);
        var retention = new SqlRetentionRepository(database);
        var first = Assert.Single(await retention.ListOpenAsync(null, 1, default));
        Assert.Equal("acme", first.Tenant);
        Assert.Equal(["initech"], (await retention.ListOpenAsync(first, 10, default)).Select(r => r.Tenant));

        await using var connection = new NpgsqlConnection(text);
        await connection.OpenAsync();
        await connection.ExecuteAsync("SELECT set_config('meet.retention', 'open', false)");
        Assert.Equal(0, await connection.ExecuteAsync("UPDATE meetings SET title = 'mine'"));
        Assert.Equal(0, await connection.ExecuteAsync("DELETE FROM meetings"));
        foreach (var table in Tables.Where(t => t != "meetings"))
        {
            Assert.Equal(0, await connection.ExecuteScalarAsync<long>($"SELECT count(*) FROM {table}"));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(";No Reset On Close=true")]
    public async Task Connection_ReturnedToPool_ResetsTenant(string setting)
    {
        await using var database = new PostgresDatabase(await server.CreateDatabaseAsync() + ";Maximum Pool Size=1" + setting);
        await Migrator.MigrateAsync(database, TimeProvider.System, default);
        await FillAsync(database, "acme");
        await using var connection = await database.OpenAsync(default);
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM meetings"));
    }

    protected override Task<string> ConnectionAsync() => server.CreateDatabaseAsync();

    private static async Task FillAsync(ISqlDatabase database, string tenant)
    {
        await new SqlMeetingRepository(database).AddAsync(new MeetingRow { Tenant = tenant, MeetingId = $"{tenant}-m", Title = "Planning" }, default);
        await new SqlUserRepository(database).AddAsync(new UserRow { Tenant = tenant, UserId = "u", Name = "Ann" }, default);
        await new SqlParticipantRepository(database).AddAsync(
            new ParticipantRow { Tenant = tenant, MeetingId = $"{tenant}-m", ParticipantId = "p", DisplayName = "Ann", Role = "host" }, default);
        await new SqlMediaStreamRepository(database).SaveAsync(
            new MediaStreamRow { Tenant = tenant, MeetingId = $"{tenant}-m", StreamId = "p/camera", ParticipantId = "p", StreamType = "camera" }, default);
        await new SqlChatRepository(database).AppendAsync(
            new ChatRow { Tenant = tenant, MeetingId = $"{tenant}-m", SenderId = "p", DisplayName = "Ann", Content = "hello", Reference = "r" }, default);
        await new SqlDiagnosticRepository(database).AddAsync(
            new DiagnosticRow { Tenant = tenant, MeetingId = $"{tenant}-m", ReportId = "d", ParticipantId = "p", Reference = "r", Browser = "Firefox", Statistics = "[]" }, 1, 1, default);
        await new SqlSurveyRepository(database).AnswerAsync(new SurveyRow { Tenant = tenant, MeetingId = $"{tenant}-m", ParticipantId = "p", Rating = 5 }, 0, default);
    }
}
