using System.Net;
using System.Text.Json.Nodes;
using Dapper;
using MeetOperator.Kube;
using MeetOperator.Contracts;
using Microsoft.Data.Sqlite;

namespace MeetOperator.Signaling.Tests;

/// <summary>A mistake of ours, as a schema that is not what the program takes it for, is said to be one: nobody is told to wait for its end.</summary>
public sealed class MistakeTests : IAsyncLifetime
{
    private TestCluster cluster = null!;
    private TestSignaling signaling = null!;

    public async Task InitializeAsync()
    {
        cluster = await TestCluster.StartAsync();
        await cluster.AddNodeAsync("default-aaaaa");
        signaling = await TestSignaling.StartAsync(cluster);
    }

    public async Task DisposeAsync()
    {
        await signaling.DisposeAsync();
        await cluster.DisposeAsync();
    }

    [Fact]
    public async Task Request_IsAnsweredWith500AndLoggedAsAnError()
    {
        var meeting = await signaling.CreateAsync();
        await ExecuteAsync("ALTER TABLE participants RENAME TO gone");
        var answer = await signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Ann" });

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("about:blank", (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["type"]);
        Assert.Null(answer.Headers.RetryAfter);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains(signaling.LogLines(), line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("no such table", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Line_IsRefusedByNameAndTheSocketGoesOn()
    {
        var meeting = await signaling.CreateAsync();
        await using var ann = await signaling.EnterAsync(meeting.MeetingId, "Ann");
        await ExecuteAsync("ALTER TABLE chat_messages RENAME TO gone");
        await ann.SendAsync(new { type = "chat", message = "lost", reference = "r1" });
        var refused = await ann.ExpectAsync("error");
        Assert.Equal("r1", (string?)refused["reference"]);
        Assert.DoesNotContain("database", (string?)refused["message"], StringComparison.Ordinal);

        // Also who comes in, and is to be given the lines of before.
        await using var bob = await signaling.EnterAsync(meeting.MeetingId, "Bob");
        await bob.ExpectAsync("error");
        await ann.ExpectAsync("participant-joined");

        await ExecuteAsync("ALTER TABLE gone RENAME TO chat_messages");
        await ann.SendAsync(new { type = "chat", message = "stored", reference = "r2" });
        await bob.ExpectAsync("chat", m => (string?)m["message"] == "stored");
    }

    [Fact]
    public async Task RowThatCannotBeClosed_HoldsUpNoOther()
    {
        var (cursed, next) = (await signaling.CreateAsync(), await signaling.CreateAsync());
        await ExecuteAsync($"CREATE TRIGGER cursed BEFORE UPDATE ON meetings WHEN NEW.meeting_id = '{cursed.MeetingId}' BEGIN SELECT RAISE(ABORT, 'never'); END");
        await EndAsync(cursed.MeetingId);
        await Eventually.TrueAsync(
            () => signaling.LogLines().Any(line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("never", StringComparison.Ordinal)), "it is said");
        await EndAsync(next.MeetingId);
        await Eventually.TrueAsync(async () => await StatusAsync(next.MeetingId) == "ended", "the row of the next meeting is closed");
        Assert.Equal("open", await StatusAsync(cursed.MeetingId));
    }

    [Fact]
    public async Task DatabaseThatIsNone_KeepsTheServerUnreadyAndIsSaidOnce()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "Dear diary, this is certainly no database, and long enough to be sure of it.");
        await using var unready = await TestSignaling.StartUnreadyAsync(cluster, options => options with { Database = $"sqlite:{file}" });
        await Eventually.TrueAsync(
            async () => (await (await unready.Http.GetAsync("readyz")).Content.ReadAsStringAsync()).Contains("cannot be prepared", StringComparison.Ordinal), "it says why");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await unready.Http.GetAsync("readyz")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await unready.Http.GetAsync("healthz")).StatusCode);
        Assert.Single(unready.LogLines(), line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("not a database", StringComparison.Ordinal));
        File.Delete(file);
    }

    private Task EndAsync(string meetingId) => cluster.Client.MergePatchAsync<Meeting>(
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

    private SqliteConnection Open() => new($"Data Source={signaling.Options.Database["sqlite:".Length..]}");
}
