using System.Net;
using System.Text.Json.Nodes;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Faults;

/// <summary>Tests a meeting with two participants while PostgreSQL is killed and restarted.</summary>
public sealed class PostgresOutageTests(PostgresServer postgres) : IAsyncLifetime, IClassFixture<PostgresServer>
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private TestCluster _cluster = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        await postgres.StartAsync(); // A test that failed may have left it down.
        _cluster = await TestCluster.StartAsync();
        await _cluster.AddNodeAsync("default-aaaaa");
        var database = await postgres.CreateDatabaseAsync();
        _signaling = await TestSignaling.StartAsync(_cluster, options => options with { Database = database, Timings = options.Timings with { CodeLifetime = Long, FirmReservation = Long } });
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task PostgresKilled_DuringChat_EveryMessageIsStoredOrRejected()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        var written = new List<string>();
        var attempts = new Dictionary<string, int>();
        await WriteAsync(5);
        await ann.ExpectAsync("chat", m => (string?)m["reference"] == "r5");

        postgres.Kill();
        await WriteAsync(3);
        await Eventually.TrueAsync(async () => await StatusAsync() == HttpStatusCode.ServiceUnavailable, "the server is unready");
        Assert.Equal(HttpStatusCode.OK, (await _signaling.Http.GetAsync("healthz")).StatusCode);
        var response = await _signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Eve" });
        await Problem.IsAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.True(response.Headers.ConnectionClose, "the next attempt opens a connection, which may reach another replica");
        await Eventually.TrueAsync(() => written.All(HasResponse), "every message is stored or rejected during the outage", TimeSpan.FromMinutes(3));
        Assert.Contains(ann.OfType("error"), e => (string?)e["code"] == "unavailable");

        // Operations without the database still work.
        await ann.SendAsync(new { type = "mute", mediaType = "audio" });
        await bob.ExpectAsync("media-update", m => (string?)m["participantId"] == ann.Id);

        await postgres.StartAsync();
        await Eventually.TrueAsync(async () => await StatusAsync() == HttpStatusCode.OK, "the server is ready again");
        await WriteAsync(5);
        await Eventually.TrueAsync(
            async () =>
            {
                foreach (var reference in written.Where(r => !Stored().Contains(r) && Rejections(r) >= attempts[r]).ToList())
                {
                    await SendAsync(reference); // as the error tells the client to do
                }

                return written.All(Stored().Contains);
            },
            "every message is stored");
        await Eventually.TrueAsync(() => bob.OfType("chat").Count == written.Count, "Bob has received all messages");
        Assert.Equal(written.Order(StringComparer.Ordinal), bob.OfType("chat").Select(m => (string?)m["message"]).Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(1, written.Count).Select(i => $"{i}"), bob.OfType("chat").Select(m => (string?)m["messageId"]));
        Assert.False(ann.Closed.IsCompleted || bob.Closed.IsCompleted);
        Assert.Empty(bob.OfType("participant-left"));

        async Task WriteAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                written.Add($"r{written.Count + 1}");
                await SendAsync(written[^1]);
            }
        }

        Task SendAsync(string reference)
        {
            attempts[reference] = attempts.GetValueOrDefault(reference) + 1;
            return ann.SendAsync(new { type = "chat", message = reference, reference });
        }

        int Rejections(string reference) => ann.OfType("error").Count(m => (string?)m["reference"] == reference);
        bool HasResponse(string reference) => ann.Received.Any(m => (string?)m["type"] is "chat" or "error" && (string?)m["reference"] == reference);
        HashSet<string?> Stored() => [.. ann.OfType("chat").Select(m => (string?)m["reference"])];
    }

    [Fact]
    public async Task PostgresRestarted_ConcurrentRequests_Succeed()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        // The restart breaks all pooled connections, and each would fail a request.
        await Task.WhenAll(Enumerable.Range(0, 15).Select(_ => _signaling.JoinAsync(meeting.MeetingId, "Eve")));
        postgres.Kill();
        await postgres.StartAsync();

        await Task.WhenAll(Enumerable.Range(0, 15).Select(_ => _signaling.JoinAsync(meeting.MeetingId, "Late")));
        await ann.SendAsync(new { type = "chat", message = "hello", reference = "r1" });
        var line = await ann.ExpectAsync("chat");
        Assert.Equal("r1", (string?)line["reference"]);
        Assert.Empty(ann.OfType("error"));
        var stored = JsonNode.Parse(await (await _signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}/messages", bearer: ann.Join.Ticket)).Content.ReadAsStringAsync());
        Assert.Equal("hello", (string?)Assert.Single(stored!["messages"]!.AsArray())!["message"]);
    }

    [Fact]
    public async Task PostgresKilled_FailedJoin_ReleasesReservation()
    {
        var meeting = await _signaling.CreateAsync(new { maxParticipants = 1 });
        await _signaling.PlacedAsync(meeting.MeetingId);
        postgres.Kill();
        var response = await _signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Eve" });
        await Problem.IsAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
        await postgres.StartAsync();
        await _signaling.JoinAsync(meeting.MeetingId, "Late");
    }

    [Fact]
    public async Task PostgresDown_AtStartup_ServerWaits()
    {
        postgres.Kill();
        var text = _signaling.Options.Database;
        var starting = TestSignaling.StartAsync(_cluster, options => options with { Database = text });
        await postgres.StartAsync();
        await using var server = await starting;
        var meeting = await server.CreateAsync();
        await using var ann = await server.EnterAsync(meeting.MeetingId, "Ann");
    }

    private async Task<HttpStatusCode> StatusAsync() => (await _signaling.Http.GetAsync("readyz")).StatusCode;
}
