using System.Net;
using System.Net.Http.Json;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Faults;

/// <summary>Tests what two participants observe when one of two replicas stops.</summary>
public sealed class ReplicaTests(PostgresServer postgres, RedisServer redis) : IClassFixture<PostgresServer>, IClassFixture<RedisServer>, IAsyncLifetime
{
    private TestCluster _cluster = null!;
    private SimulatedMediaNode _node = null!;
    private readonly List<SignalingProcess> _replicas = [];

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _node = await _cluster.AddNodeAsync("default-aaaaa");
    }

    public async Task DisposeAsync()
    {
        _replicas.ForEach(r => r.Dispose());
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Kill_ReplicaWithParticipant_ReconnectsWithoutLoss()
    {
        var (a, b) = await StartAsync(longTimeouts: true);

        // Connections alternate between a and b. A replica that does not accept connections is skipped.
        await using var service = new TcpForwarder(a.EndPoint, b.EndPoint);
        var meetingId = await CreateAsync(service.Address);
        var (annJoin, bobJoin) = (await SignalingProcess.JoinAsync(service.Address, meetingId, "Ann"), await SignalingProcess.JoinAsync(service.Address, meetingId, "Bob"));
        await using var ann = await EnterAsync(annJoin, a);
        await using var bob = await EnterAsync(bobJoin, b);
        await ann.ExpectAsync("participant-joined");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await ann.ExpectAsync("answer");
        await ann.SendAsync(new { type = "mute", mediaType = "audio" });
        await bob.ExpectAsync("media-update", m => !(bool)m["audio"]!);
        await Eventually.TrueAsync(() => Read(p => p.IsMuted("microphone")), "the node mutes the microphone");
        var (publishing, subscribing) = (Read(p => p.PublishSession), Read(p => p.SubscribeSession));
        await ann.SendAsync(new { type = "chat", message = "before", reference = "r1" });
        await ann.ExpectAsync("chat");

        // The server dies before it acknowledges the last message, so the client does not know whether it was stored.
        await ann.SendAsync(new { type = "chat", message = "cut off", reference = "r2" });
        a.Kill();
        await ann.ExpectCloseAsync();
        await bob.SendAsync(new { type = "chat", message = "are you there?" });
        await bob.ExpectAsync("chat", m => (string?)m["message"] == "are you there?");

        await using var back = await TestClient.OpenByTicketAsync(annJoin, service.Address);
        await back.JoinAsync(resume: true);
        await back.SendAsync(new { type = "chat", message = "cut off", reference = "r2" });
        await back.SendAsync(new { type = "chat", message = "after", reference = "r3" });
        foreach (var client in new[] { back, bob })
        {
            await client.ExpectAsync("chat", m => (string?)m["message"] == "after");
        }

        // A message that was stored twice would be delivered twice, and one that was announced late would be out of order.
        var seen = bob.OfType("chat").Select(m => (string?)m["message"]).ToList();
        Assert.Equal(["after", "are you there?", "before", "cut off"], seen.Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(1, 4).Select(i => $"{i}"), bob.OfType("chat").Select(m => (string?)m["messageId"]));
        Assert.Equal(seen, back.OfType("chat").DistinctBy(m => (string?)m["messageId"]).OrderBy(m => int.Parse((string)m["messageId"]!, System.Globalization.CultureInfo.InvariantCulture)).Select(m => (string?)m["message"]));

        // No departure is announced, the media sessions are unchanged, and the mute state is kept.
        Assert.Empty(bob.OfType("participant-left"));
        Assert.Single(bob.OfType("media-update"));
        Assert.Equal((publishing, subscribing), (Read(p => p.PublishSession), Read(p => p.SubscribeSession)));
        Assert.True(Read(p => p.IsMuted("microphone")));
        Assert.Empty(back.OfType("media-restart"));

        T Read<T>(Func<SimulatedParticipant, T> read) => _node.Read(meetingId, r => read(r.Participants[annJoin.ParticipantId]));
    }

    [Fact]
    public async Task Kill_ReplicaOfRelayRecipient_SenderGetsUnavailable()
    {
        var (a, b) = await StartAsync(longTimeouts: true);
        var meetingId = await CreateAsync(a.Address, new { mode = "P2P", maxParticipants = 2 });
        await using var ann = await EnterAsync(await SignalingProcess.JoinAsync(a.Address, meetingId, "Ann"), a);
        await using var bob = await EnterAsync(await SignalingProcess.JoinAsync(b.Address, meetingId, "Bob"), b);
        await ann.ExpectAsync("participant-joined");
        await ann.SendAsync(new { type = "offer", to = bob.Id, sdp = Sdp.Publish() });
        await bob.ExpectAsync("offer");

        b.Kill();
        await ann.SendAsync(new { type = "offer", to = bob.Id, sdp = Sdp.Publish() });

        await ann.ExpectAsync("error", m => (string?)m["code"] == "unavailable");
        Assert.Single(ann.OfType("error"));
    }

    [Fact]
    public async Task Kill_ReplicaWithWhipPublisher_ParticipantStaysUntilLastSessionEnds()
    {
        var (a, b) = await StartAsync(longTimeouts: false);
        var meetingId = await CreateAsync(a.Address);
        await using var bob = await EnterAsync(await SignalingProcess.JoinAsync(b.Address, meetingId, "Bob"), b);
        var camera = await SignalingProcess.JoinAsync(a.Address, meetingId, "Camera");
        var published = await OpenAsync(a, meetingId, "whip", camera, Sdp.Publish());
        await bob.ExpectAsync("participant-joined");
        await bob.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish("2") });
        await bob.ExpectAsync("answer");
        var playing = await OpenAsync(b, meetingId, $"whep?participant={bob.Id}", camera, Sdp.Play());

        // The session that the other replica opened ends.
        _node.Emit(meetingId, Ended(camera, playing));
        a.Kill();

        // Replica b announces this departure after all entries of replica a have expired.
        var marker = await EnterAsync(await SignalingProcess.JoinAsync(b.Address, meetingId, "Marker"), b);
        await Eventually.TrueAsync(() => _node.Read(meetingId, r => r.Participants.TryGetValue(marker.Id, out var m) && m.Touches >= 3), "more time passes than the lifetime of presence entries", TimeSpan.FromSeconds(90));
        await marker.SendAsync(new { type = "leave" });
        await bob.ExpectAsync("participant-left", m => (string?)m["participantId"] == marker.Id);
        Assert.DoesNotContain(bob.OfType("participant-left"), m => (string?)m["participantId"] == camera.ParticipantId);

        _node.Emit(meetingId, Ended(camera, published));
        await bob.ExpectAsync("participant-left", m => (string?)m["participantId"] == camera.ParticipantId);
        await marker.DisposeAsync();
    }

    [Fact]
    public async Task Terminate_ReplicaWithParticipants_DrainsThenClosesSockets()
    {
        var (a, b) = await StartAsync(longTimeouts: false);
        var meetingId = await CreateAsync(a.Address);
        await using var ann = await EnterAsync(await SignalingProcess.JoinAsync(a.Address, meetingId, "Ann"), a);
        await using var bob = await EnterAsync(await SignalingProcess.JoinAsync(b.Address, meetingId, "Bob"), b);
        await ann.ExpectAsync("participant-joined");
        // A client that never reads must not delay the shutdown.
        using var unresponsive = await RawSocket.OpenAsync((await SignalingProcess.JoinAsync(a.Address, meetingId, "Deaf")).WebSocketUrl, receiveBuffer: 4096);

        var ending = a.TerminateAsync().WaitAsync(TimeSpan.FromSeconds(60));
        using var http = new HttpClient { BaseAddress = a.Address };
        await Eventually.TrueAsync(async () => await StatusAsync(http) == HttpStatusCode.ServiceUnavailable, "the replica is unready");
        Assert.False(ann.Closed.IsCompleted, "the replica keeps serving while it is draining");
        await ann.SendAsync(new { type = "chat", message = "still here" });
        await bob.ExpectAsync("chat");

        Assert.Equal(CloseCode.Restart, await ann.ExpectCloseAsync());
        await using var back = await TestClient.OpenByTicketAsync(ann.Join, b.Address);
        await back.JoinAsync(resume: true);
        Assert.Equal(0, await ending);
        await back.SendAsync(new { type = "chat", message = "moved" });
        await bob.ExpectAsync("chat", m => (string?)m["message"] == "moved");
        Assert.Empty(bob.OfType("participant-left"));
        Assert.DoesNotContain("Unhandled", a.Log, StringComparison.Ordinal);
    }

    /// <param name="longTimeouts">True to use timeouts that do not expire on a busy machine.</param>
    private async Task<(SignalingProcess A, SignalingProcess B)> StartAsync(bool longTimeouts)
    {
        var database = await postgres.CreateDatabaseAsync() + (longTimeouts ? ";Timeout=60;Command Timeout=60" : string.Empty);
        var keys = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        var drain = new Dictionary<string, string> { ["MEET_DRAIN_SECONDS"] = "10" };
        var program = longTimeouts ? LongTimeoutServer.Program : "MeetOperator.Signaling.dll";
        for (var i = 0; i < 2; i++)
        {
            _replicas.Add(await SignalingProcess.StartAsync(_cluster, keys, database, redis.LongTimeoutConfiguration, drain, program));
        }

        return (_replicas[0], _replicas[1]);
    }

    private static RoomEvent Ended(JoinResponse participant, string session) =>
        new() { Type = RoomEventTypes.SessionState, ParticipantId = participant.ParticipantId, SessionId = session, State = "closed" };

    /// <summary>Opens a media session. Returns the session ID of the node.</summary>
    private static async Task<string> OpenAsync(SignalingProcess replica, string meetingId, string path, JoinResponse participant, string sdp)
    {
        using var http = new HttpClient { BaseAddress = replica.Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", participant.Ticket);
        var response = await http.PostAsync($"meetings/{meetingId}/{path}", new StringContent(sdp, new System.Net.Http.Headers.MediaTypeHeaderValue("application/sdp")));
        Assert.True(response.StatusCode == HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
        return System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(response.Headers.Location!.ToString().Split('/')[^1].Split('.')[0]));
    }

    private static async Task<HttpStatusCode?> StatusAsync(HttpClient http)
    {
        try
        {
            return (await http.GetAsync("readyz")).StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static async Task<string> CreateAsync(Uri server, object? settings = null)
    {
        using var http = new HttpClient { BaseAddress = server };
        var response = await Retrying.SendAsync(() => http.PostAsJsonAsync("meetings", new { title = "Planning", settings = settings ?? new { } }));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<CreateMeetingResponse>())!.MeetingId;
    }

    /// <summary>Connects with the ticket to a specific replica.</summary>
    private static async Task<TestClient> EnterAsync(JoinResponse join, SignalingProcess replica)
    {
        var client = await TestClient.OpenByTicketAsync(join, replica.Address);
        await client.JoinAsync();
        return client;
    }
}
