using System.Net;
using System.Text.Json.Nodes;
using Dapper;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;
using Microsoft.Data.Sqlite;

namespace MeetOperator.Signaling.Tests.Faults;

/// <summary>Tests permanent errors, such as an unexpected schema. They must not be reported as transient outages.</summary>
public sealed class PermanentErrorTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        await _cluster.AddNodeAsync("default-aaaaa");
        _signaling = await TestSignaling.StartAsync(_cluster);
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Join_MissingTable_Returns500AndLogsError()
    {
        var meeting = await _signaling.CreateAsync();
        await _signaling.PlacedAsync(meeting.MeetingId);
        await ExecuteAsync("ALTER TABLE participants RENAME TO gone");
        var answer = await _signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Ann" });

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("about:blank", (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["type"]);
        Assert.Null(answer.Headers.RetryAfter);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains(_signaling.LogLines(), line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("no such table", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Chat_MissingTable_ReturnsErrorAndKeepsSocket()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await ExecuteAsync("ALTER TABLE chat_messages RENAME TO gone");
        await ann.SendAsync(new { type = "chat", message = "lost", reference = "r1" });
        var error = await ann.ExpectAsync("error", m => (string?)m["reference"] == "r1");
        Assert.DoesNotContain("database", (string?)error["message"], StringComparison.Ordinal);

        // A new participant gets an error too, because the chat history cannot be read.
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await bob.ExpectAsync("error");
        await ann.ExpectAsync("participant-joined");

        await ExecuteAsync("ALTER TABLE gone RENAME TO chat_messages");
        await ann.SendAsync(new { type = "chat", message = "stored", reference = "r2" });
        await bob.ExpectAsync("chat", m => (string?)m["message"] == "stored");
    }

    [Fact]
    public async Task EndedRows_RowCannotBeClosed_ClosesOtherRows()
    {
        var (blocked, next) = (await _signaling.CreateAsync(), await _signaling.CreateAsync());
        await ExecuteAsync($"CREATE TRIGGER blocked BEFORE UPDATE ON meetings WHEN NEW.meeting_id = '{blocked.MeetingId}' BEGIN SELECT RAISE(ABORT, 'never'); END");
        await EndAsync(blocked.MeetingId);
        await Eventually.TrueAsync(
            () => _signaling.LogLines().Any(line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("never", StringComparison.Ordinal)), "the error is logged");
        await EndAsync(next.MeetingId);
        await Eventually.TrueAsync(async () => await StatusAsync(next.MeetingId) == "ended", "the row of the next meeting is closed");
        Assert.Equal("open", await StatusAsync(blocked.MeetingId));
    }

    [Fact]
    public async Task Readiness_FileIsNotADatabase_IsUnreadyAndLogsOnce()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "Dear diary, this is certainly no database, and long enough to be sure of it.");
        await using var unready = await TestSignaling.StartUnreadyAsync(_cluster, options => options with { Database = $"sqlite:{file}" });
        await Eventually.TrueAsync(
            async () => (await (await unready.Http.GetAsync("readyz")).Content.ReadAsStringAsync()).Contains("cannot be migrated", StringComparison.Ordinal), "the readiness response names the failure");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await unready.Http.GetAsync("readyz")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await unready.Http.GetAsync("healthz")).StatusCode);
        Assert.Single(unready.LogLines(), line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("not a database", StringComparison.Ordinal));
        File.Delete(file);
    }

    private Task EndAsync(string meetingId) => _cluster.Client.MergePatchAsync<Meeting>(
        new NamespacedName(TestCluster.Namespace, meetingId), new JsonObject { ["spec"] = new JsonObject { ["desiredState"] = "Ended" } }, default);

    private async Task<string?> StatusAsync(string meetingId)
    {
        await using var connection = Open();
        return await connection.ExecuteScalarAsync<string>("SELECT status FROM meetings WHERE meeting_id = @meetingId", new { meetingId });
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = Open();
        await connection.ExecuteAsync(sql);
    }

    private SqliteConnection Open() => new($"Data Source={_signaling.Options.Database["sqlite:".Length..]}");
}
