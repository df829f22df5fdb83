using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Faults;

/// <summary>Tests that logs contain no meeting IDs or tokens, because anyone with the ID of a meeting can join it.</summary>
public sealed class LogRedactionTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();
    private readonly string _folder = Daemon.NewFolder("log");
    private TestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        await _redis.InitializeAsync();
        _cluster = await TestCluster.StartAsync();
        await _cluster.AddNodeAsync("default-aaaaa");
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Log_MeetingWithOutages_ContainsNoIdOrToken()
    {
        var keys = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
        using var server = await SignalingProcess.StartAsync(_cluster, keys, $"sqlite:{_folder}/meet.db", _redis.Configuration);
        using var http = new HttpClient { BaseAddress = server.Address };
        var userId = $"user-{Guid.NewGuid():N}";
        var created = (await (await http.PostAsJsonAsync("meetings", new { title = "Planning" })).Content.ReadFromJsonAsync<CreateMeetingResponse>())!;
        var joined = await Retrying.SendAsync(() => http.PostAsJsonAsync($"meetings/{created.MeetingId}/join", new { displayName = "Ann", userId }));
        var annJoin = (await joined.Content.ReadFromJsonAsync<JoinResponse>())!;
        var bobJoin = await SignalingProcess.JoinAsync(server.Address, created.MeetingId, "Bob");
        await using var ann = await TestClient.OpenAsync(annJoin);
        await using var bob = await TestClient.OpenAsync(bobJoin);
        await ann.JoinAsync();
        await bob.JoinAsync();
        await ann.SendAsync(new { type = "chat", message = "hello" });
        await bob.ExpectAsync("chat");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await ann.ExpectAsync("answer");

        // A failed request, a lost node and a lost bus: each is logged with the meeting or a participant.
        await BreakAsync("ALTER TABLE chat_messages RENAME TO gone");
        using var failing = new HttpRequestMessage(HttpMethod.Get, $"meetings/{created.MeetingId}/messages");
        failing.Headers.Authorization = new AuthenticationHeaderValue("Bearer", annJoin.Ticket);
        Assert.Equal(HttpStatusCode.InternalServerError, (await http.SendAsync(failing)).StatusCode);
        await ann.SendAsync(new { type = "chat", message = "lost", reference = "r1" });
        await ann.ExpectAsync("error", m => (string?)m["reference"] == "r1");
        await BreakAsync("ALTER TABLE gone RENAME TO chat_messages");
        await _cluster.AddNodeAsync("default-bbbbb");
        await _cluster.KillNodeAsync("default-aaaaa");
        await ann.ExpectAsync("media-restart");
        _redis.Kill();
        await ann.SendAsync(new { type = "mute", mediaType = "audio" });
        await Eventually.TrueAsync(() => server.Log.Contains("the bus is unavailable", StringComparison.Ordinal), "the bus outage is logged");
        await _redis.StartAsync();
        using var removal = new HttpRequestMessage(HttpMethod.Delete, $"meetings/{created.MeetingId}/participants/{bob.Id}");
        removal.Headers.Authorization = new AuthenticationHeaderValue("Bearer", created.HostToken);
        await http.SendAsync(removal);
        using var end = new HttpRequestMessage(HttpMethod.Delete, $"meetings/{created.MeetingId}");
        end.Headers.Authorization = new AuthenticationHeaderValue("Bearer", created.HostToken);
        Assert.Equal(HttpStatusCode.OK, (await http.SendAsync(end)).StatusCode);
        await ann.ExpectCloseAsync();
        Assert.Equal(0, await server.TerminateAsync());

        var log = server.Log;
        string[] tokens = [annJoin.Ticket, bobJoin.Ticket, created.HostToken, new Uri(annJoin.WebSocketUrl).Query["?code=".Length..]];
        foreach (var secret in tokens.Concat(tokens.Select(t => t.Split('.')[2])).Concat([created.MeetingId, ann.Id, bob.Id, userId]))
        {
            Assert.DoesNotContain(secret, log, StringComparison.OrdinalIgnoreCase);
        }

        // The log lines of a meeting can still be found with its ID.
        var mark = $"id:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(created.MeetingId)))[..12]}";
        Assert.Contains(log.Split('\n'), line => line.Contains(mark, StringComparison.Ordinal) && line.Contains("is assigned to default-aaaaa", StringComparison.Ordinal));
        Assert.Contains(log.Split('\n'), line => line.Contains(mark, StringComparison.Ordinal) && line.Contains("the bus is unavailable", StringComparison.Ordinal));
        Assert.Contains(log.Split('\n'), line => line.Contains(mark, StringComparison.Ordinal) && line.Contains("GET /meetings/", StringComparison.Ordinal));
    }

    private async Task BreakAsync(string sql)
    {
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_folder}/meet.db");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
