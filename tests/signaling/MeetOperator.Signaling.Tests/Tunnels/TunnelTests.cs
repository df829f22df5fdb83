using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.Meetings;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;
using MeetOperator.Signaling.Tunnels;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Tunnels;

/// <summary>WebSockets on which the media of participants passes through signaling to their media node.</summary>
public sealed class TunnelTests : IAsyncLifetime
{
    private static readonly ConnectivityRule Allowed = new() { Tunnel = TunnelAccess.LastResort };
    private TestCluster _cluster = null!;
    private SimulatedMediaNode _node = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _cluster.Connectivity = Allowed;
        await _cluster.SetTunnelAsync(TunnelAccess.LastResort);
        _node = await _cluster.AddNodeAsync("default-aaaaa");
        _signaling = await TestSignaling.StartAsync(_cluster);
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Open_SessionOnTunnel_PassesMessagesInBothDirections()
    {
        var (meeting, ann, session) = await EnterAsync();
        await using var _ = ann;

        using var tunnel = await OpenAsync(ann.Join, meeting, session);

        Assert.Equal("meet.v1", tunnel.SubProtocol);
        var media = new byte[50_000];
        new Random(1).NextBytes(media);
        await tunnel.SendAsync(media, WebSocketMessageType.Binary, true, default);
        Assert.Equal(media, await ReceiveAsync(tunnel, media.Length, WebSocketMessageType.Binary));
        await tunnel.SendAsync("1200"u8.ToArray(), WebSocketMessageType.Text, true, default);
        Assert.Equal("1200"u8.ToArray(), await ReceiveAsync(tunnel, 4, WebSocketMessageType.Text));
    }

    [Fact]
    public async Task Join_WithTunnel_OpensSessionsOnTunnels()
    {
        var (meeting, ann, _) = await EnterAsync();
        await using var a = ann;
        await using var bob = await _signaling.EnterAsync(meeting, "Bob");
        Assert.Equal([true], Tunnels(bob));

        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(), tracks = Array.Empty<object>(), tunnel = true });
        await ann.ExpectAsync("answer");
        await bob.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(), tracks = Array.Empty<object>() });
        await bob.ExpectAsync("answer");

        Assert.Equal((true, true), _node.Read(meeting, room => (room.Participants[ann.Id].RequestedTunnel, room.Participants[ann.Id].OfferedTunnel)));
        Assert.Equal((false, false), _node.Read(meeting, room => (room.Participants[bob.Id].RequestedTunnel, room.Participants[bob.Id].OfferedTunnel)));
    }

    [Fact]
    public async Task Offer_TunnelWithoutCapability_IsRejected()
    {
        var meeting = await _signaling.CreateAsync();
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");

        await bob.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(), tracks = Array.Empty<object>(), tunnel = true, reference = "o1" });

        var error = await bob.ExpectAsync("error");
        Assert.Equal(("forbidden", "o1"), ((string?)error["code"], (string?)error["reference"]));
    }

    [Fact]
    public async Task Join_EncryptedMeetingWithKey_OpensSessionsOnTunnels()
    {
        var meeting = (await _signaling.CreateAsync(new { e2ee = "Required" })).MeetingId;
        await using var ann = await TestClient.OpenAsync(await _signaling.JoinAsync(meeting, "Ann"));
        await ann.SendAsync(new { type = "join", participantId = ann.Id, identityKey = E2ee.E2eeTests.Key('a'), capabilities = new { tunnel = true, slots = true, e2ee = true } });
        await ann.ExpectAsync("joined");
        Assert.Equal([true], Tunnels(ann));

        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(), tracks = Array.Empty<object>(), tunnel = true });
        var session = (string)(await ann.ExpectAsync("answer"))["sessionId"]!;

        Assert.True(_node.Read(meeting, room => room.Participants[ann.Id].OfferedTunnel));
        using var tunnel = await OpenAsync(ann.Join, meeting, session);
        Assert.Equal(WebSocketState.Open, tunnel.State);
    }

    /// <summary>Who cannot encrypt gets no session on a tunnel either.</summary>
    [Fact]
    public async Task Join_EncryptedMeetingWithoutKey_IsRefusedAndOpensNoTunnel()
    {
        var meeting = (await _signaling.CreateAsync(new { e2ee = "Required" })).MeetingId;
        await using var eve = await TestClient.OpenAsync(await _signaling.JoinAsync(meeting, "Eve"));

        await eve.SendAsync(new { type = "join", participantId = eve.Id, capabilities = new { tunnel = true, slots = true } });

        Assert.Equal("encryption-required", (string?)(await eve.ExpectAsync("error"))["code"]);
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(eve.Join, meeting, "any"));
    }

    /// <summary>Signaling follows the tenant at once, and the pool with the status.</summary>
    [Theory]
    [InlineData("tenant")]
    [InlineData("pool")]
    public async Task Deny_InAMeeting_MembersAreToldAndNoneIsOpened(string by)
    {
        var (meeting, before, session) = await EnterAsync();
        await using var b = before;
        Assert.Equal([true], Tunnels(before));
        using var tunnel = await OpenAsync(before.Join, meeting, session);

        await (by == "tenant" ? _cluster.SetTunnelAsync(TunnelAccess.Denied) : AssignAsync(meeting, rule: null));

        await Eventually.TrueAsync(() => Tunnels(before) is [true, false], "the member is told");
        Assert.Equal((WebSocketMessageType.Close, "tunnels are denied"), ((await tunnel.ReceiveAsync(new byte[10].AsMemory(), default)).MessageType, tunnel.CloseStatusDescription));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(before.Join, meeting, session));
        await before.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(), tracks = Array.Empty<object>(), tunnel = true });
        Assert.Equal("forbidden", (string?)(await before.ExpectAsync("error"))["code"]);

        await using var bob = await TestClient.OpenAsync(await _signaling.JoinAsync(meeting, "Bob"));
        await JoinAsync(bob);
        await bob.ExpectAsync("offer");
        Assert.Empty(Tunnels(bob));
        Assert.False(_node.Read(meeting, room => room.Participants[bob.Id].RequestedTunnel));
    }

    /// <summary>The operator has found that the media node is gone, and places the meeting again. What comes is not known, so nobody is told that tunnels are denied.</summary>
    [Fact]
    public async Task Unplace_InAMeeting_LastAnswerCountsUntilItIsPlaced()
    {
        var (meeting, ann, session) = await EnterAsync();
        await using var a = ann;
        await using var bob = await _signaling.EnterAsync(meeting, "Bob");
        using var tunnel = await OpenAsync(ann.Join, meeting, session);
        var directory = _signaling.Service<Kubernetes.MeetingDirectory>();

        await _cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, AssignmentRole.Origin, rule: null, AssignmentState.Lost));
        await Eventually.TrueAsync(() => !directory.Find(meeting)!.Serving.Any(), "no media node serves the meeting");
        await PassAsync("gone");
        Assert.Equal([true], Tunnels(ann));
        await AssignAsync(meeting, Allowed);
        await Eventually.TrueAsync(() => directory.Find(meeting)!.Serving.Any(), "the media node is back");
        await PassAsync("back");
        Assert.Equal([true], Tunnels(ann));
        byte[] packet = [1, 2, 3];
        await tunnel.SendAsync(packet, WebSocketMessageType.Binary, true, default);
        Assert.Equal(packet, await ReceiveAsync(tunnel, packet.Length, WebSocketMessageType.Binary));

        await AssignAsync(meeting, rule: null);
        await Eventually.TrueAsync(() => Tunnels(ann) is [true, false], "what the next media node denies is told");

        // Until the meeting has handled what came before a message.
        async Task PassAsync(string message)
        {
            await bob.SendAsync(new { type = "chat", message });
            await ann.ExpectAsync("chat", received => (string?)received["message"] == message);
        }
    }

    [Fact]
    public async Task Allow_InAMeeting_MembersAreTold()
    {
        _cluster.Connectivity = null;
        var meeting = (await _signaling.CreateAsync()).MeetingId;
        await using var bob = await _signaling.EnterAsync(meeting, "Bob");
        Assert.Empty(Tunnels(bob));

        await AssignAsync(meeting, Allowed);

        await Eventually.TrueAsync(() => Tunnels(bob) is [true], "the member is told");
    }

    /// <summary>The media node has got the rule before signaling: the participant gets an ordinary session at once, and learns that it is one.</summary>
    [Fact]
    public async Task Join_NodeDeniesTunnels_OpensOrdinarySession()
    {
        _node.DeniesTunnels = true;

        var (meeting, ann, _) = await EnterAsync();
        await using var a = ann;

        Assert.False(_node.Read(meeting, room => room.Participants[ann.Id].RequestedTunnel));
        Assert.Equal([false], OfferedTunnels(ann).Distinct());
        Assert.Empty(ann.OfType("error"));
    }

    /// <summary>A client that looks for a better path meanwhile would otherwise guess which kind of session it is.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Move_MemberOnTunnel_OfferSaysWhetherTheNextSessionIsOnOne(bool denies)
    {
        var (meeting, ann, _) = await EnterAsync();
        await using var a = ann;
        Assert.Equal([true], OfferedTunnels(ann).Distinct());
        _node.AddTracks(meeting, "cem", Sdp.Publish());
        await using var bob = await _signaling.EnterAsync(meeting, "Bob");
        await bob.ExpectAsync("offer");
        var next = await _cluster.AddNodeAsync("default-bbbbb");
        next.DeniesTunnels = denies;

        await _cluster.AssignAsync(
            meeting,
            Assigned("default-aaaaa", 1, AssignmentRole.Edge, Allowed, AssignmentState.Leaving) with { Deadline = DateTimeOffset.UtcNow.AddMinutes(1) },
            Assigned("default-bbbbb", 2, AssignmentRole.Origin, Allowed));
        next.AddTracks(meeting, "cem", Sdp.Publish());

        Assert.Equal(!denies, (bool?)(await OfferOfNextAsync(ann))["tunnel"]);
        Assert.False((bool?)(await OfferOfNextAsync(bob))["tunnel"]);

        Task<JsonObject> OfferOfNextAsync(TestClient client) => client.ExpectAsync(
            "offer", offer => next.Read(meeting, room => room.Participants.GetValueOrDefault(client.Id)?.SubscribeSession) is { } session && (string?)offer["sessionId"] == session);
    }

    [Fact]
    public async Task Open_WithoutRight_IsRejected()
    {
        var (meeting, ann, session) = await EnterAsync();
        await using var a = ann;
        await using var bob = await _signaling.EnterAsync(meeting, "Bob");
        var other = await _signaling.CreateAsync();

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(bob.Join, meeting, session));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(ann.Join, meeting, "unknown"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(ann.Join, other.MeetingId, session));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(ann.Join with { Ticket = "nothing" }, meeting, session));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(ann.Join, meeting, new string('x', 65)));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(ann.Join, meeting, session, "https://evil.example"));
        await Problem.IsAsync(await _signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting}/tunnel?session={session}"), HttpStatusCode.BadRequest, "invalid-request");
    }

    [Theory]
    [InlineData(429, HttpStatusCode.TooManyRequests)]
    [InlineData(403, HttpStatusCode.Forbidden)]
    [InlineData(500, HttpStatusCode.ServiceUnavailable)]
    public async Task Open_NodeRejects_ClientGetsTheStatus(int answer, HttpStatusCode expected)
    {
        var (meeting, ann, session) = await EnterAsync();
        await using var a = ann;
        _node.TunnelError = answer;

        Assert.Equal(expected, await StatusAsync(ann.Join, meeting, session));
    }

    /// <summary>The meeting is on two media nodes, and the one that is asked first fails.</summary>
    [Theory]
    [InlineData(500)]
    [InlineData(429)]
    public async Task Open_AnotherNodeFails_OpensAtTheNodeThatHasTheSession(int answer)
    {
        var (meeting, ann, session) = await EnterAsync();
        await using var a = ann;
        var other = await _cluster.AddNodeAsync("default-bbbbb");
        await _cluster.AssignAsync(meeting, Assigned("default-bbbbb", 2, AssignmentRole.Edge, Allowed), Assigned("default-aaaaa", 1, AssignmentRole.Origin, Allowed));
        await Eventually.TrueAsync(
            () => _signaling.Service<Kubernetes.MeetingDirectory>().Find(meeting)!.Serving.Select(one => one.Node).SequenceEqual(["default-bbbbb", "default-aaaaa"]), "signaling knows both");
        other.TunnelError = answer;

        Assert.Equal(HttpStatusCode.SwitchingProtocols, await StatusAsync(ann.Join, meeting, session));
        Assert.Equal(answer == 429 ? HttpStatusCode.TooManyRequests : HttpStatusCode.ServiceUnavailable, await StatusAsync(ann.Join, meeting, "unknown"));
    }

    [Fact]
    public async Task Open_MoreThanParticipantMayHave_IsRejectedUntilOneEnds()
    {
        var (meeting, ann, session) = await EnterAsync();
        await using var a = ann;
        List<ClientWebSocket> tunnels = [];
        for (var i = 0; i < TunnelPlaces.MaxOfParticipant; i++)
        {
            tunnels.Add(await OpenAsync(ann.Join, meeting, session));
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(ann.Join, meeting, session));
        tunnels[0].Abort();
        await Eventually.TrueAsync(async () => await StatusAsync(ann.Join, meeting, session) == HttpStatusCode.SwitchingProtocols, "a place is free again");
        tunnels.ForEach(tunnel => tunnel.Dispose());
    }

    [Fact]
    public async Task Metrics_OfFailedTunnels_HaveTheReason()
    {
        var (meeting, ann, session) = await EnterAsync();
        await using var a = ann;
        foreach (var error in new[] { 403, 429, 429, 500 })
        {
            _node.TunnelError = error;
            await StatusAsync(ann.Join, meeting, session);
        }

        _node.TunnelError = null;
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(ann.Join, meeting, "unknown"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(ann.Join with { Ticket = "nothing" }, meeting, session));
        using var ended = await OpenAsync(ann.Join, meeting, session);
        await ended.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        await Record.ExceptionAsync(() => ended.ReceiveAsync(new byte[10], default)); // the server has read it
        using var broken = await OpenAsync(ann.Join, meeting, session);
        broken.Abort();

        string[] lines = [];
        await Eventually.TrueAsync(async () => (lines = await FailuresAsync()).Length == 4, "the broken tunnel is counted");
        Assert.Equal(["closed\"} 1", "denied\"} 1", "limit\"} 2", "unreachable\"} 1"], lines);
    }

    /// <summary>One tenant does not take the places of all others: neither here, nor on a media node, which learns whose tunnel it is.</summary>
    [Fact]
    public async Task Open_MoreThanATenantMayHave_IsRejected()
    {
        var (meeting, ann, session) = await EnterAsync();
        await using var a = ann;
        var places = _signaling.Service<TunnelPlaces>();
        var taken = Enumerable.Range(0, TunnelPlaces.MaxOfTenant).Select(i => Take(TestCluster.Tenant, i)).ToList();

        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(ann.Join, meeting, session));
        for (var i = 0; i < TunnelPlaces.MaxOfServer - TunnelPlaces.MaxOfTenant; i++)
        {
            Take("other", i);
        }

        taken[..2].ForEach(place => place.Dispose());
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await StatusAsync(ann.Join, meeting, session));
        Assert.Equal(TestCluster.Tenant, _node.Read(meeting, room => room.Participants[ann.Id].TunnelTenant));

        IDisposable Take(string tenant, int i) => places.Take(new MeetingKey(tenant, $"meeting-{i / TunnelPlaces.MaxOfMeeting}"), $"participant-{i / TunnelPlaces.MaxOfParticipant}");
    }

    /// <summary>What the client does not read stays with the node, which stops to send.</summary>
    [Fact]
    public async Task Relay_ClientDoesNotRead_NodeIsHeldBack()
    {
        var sent = 0L;
        using var ends = new CancellationTokenSource();
        _node.ServeTunnel = async tunnel =>
        {
            // A server may send on a connection that is gone without an error, so an error does not end the loop.
            while (!ends.IsCancellationRequested)
            {
                await tunnel.SendAsync(new byte[16 * 1024], WebSocketMessageType.Binary, true, default);
                Interlocked.Add(ref sent, 16 * 1024);
            }
        };
        var (meeting, ann, session) = await EnterAsync();
        await using var a = ann;
        using var tunnel = await OpenAsync(ann.Join, meeting, session);

        var last = -1L;
        await Eventually.TrueAsync(
            async () =>
            {
                var before = Interlocked.Exchange(ref last, Interlocked.Read(ref sent));
                await Task.Delay(500);
                return before == last && before == Interlocked.Read(ref sent);
            },
            "the node is held back");

        Assert.InRange(last, 1, 32 * 1024 * 1024); // what the kernel holds of two connections
        Assert.Equal(16 * 1024, (await ReceiveAsync(tunnel, 16 * 1024, WebSocketMessageType.Binary)).Length);
        while (Interlocked.Read(ref sent) == last)
        {
            await ReceiveAsync(tunnel, 16 * 1024, WebSocketMessageType.Binary);
        }

        await ends.CancelAsync();
    }

    /// <summary>However many tunnels a participant opens, it does not send more.</summary>
    [Fact]
    public async Task Relay_ParticipantFloodsAllItsTunnels_NodeGetsWhatOneParticipantMaySend()
    {
        const int Seconds = 4;
        var got = 0L;
        var isMuch = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _node.ServeTunnel = async tunnel =>
        {
            var buffer = new byte[16 * 1024];
            while (await tunnel.ReceiveAsync(buffer.AsMemory(), default) is { MessageType: not WebSocketMessageType.Close } piece)
            {
                if (Interlocked.Add(ref got, piece.Count) > Seconds * TunnelPace.BytesPerSecond)
                {
                    isMuch.TrySetResult();
                }
            }
        };
        var (meeting, ann, session) = await EnterAsync();
        await using var a = ann;
        using var ends = new CancellationTokenSource();
        List<ClientWebSocket> tunnels = [];
        for (var i = 0; i < TunnelPlaces.MaxOfParticipant; i++)
        {
            tunnels.Add(await OpenAsync(ann.Join, meeting, session));
        }

        var began = TimeProvider.System.GetTimestamp();
        var floods = tunnels.Select(tunnel => Task.Run(() => FloodAsync(tunnel, ends.Token))).ToList();
        await isMuch.Task.WaitAsync(TimeSpan.FromMinutes(2));

        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, Seconds - 1.5, 120); // a second's worth may come at once
        await ends.CancelAsync();
        await Task.WhenAll(floods);
        tunnels.ForEach(tunnel => tunnel.Dispose());
    }

    [Fact]
    public async Task Relay_NodeCloses_ClientGetsTheReason()
    {
        _node.ServeTunnel = tunnel => tunnel.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "session ended", default);
        var (meeting, ann, session) = await EnterAsync();
        await using var a = ann;
        using var tunnel = await OpenAsync(ann.Join, meeting, session);

        var end = await tunnel.ReceiveAsync(new byte[10].AsMemory(), default);

        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.NormalClosure, "session ended"), (end.MessageType, tunnel.CloseStatus, tunnel.CloseStatusDescription));
    }

    [Fact]
    public async Task Stop_Server_TellsClientsToConnectAgain()
    {
        var (meeting, ann, session) = await EnterAsync();
        await using var a = ann;
        using var tunnel = await OpenAsync(ann.Join, meeting, session);

        var stopping = _signaling.StopAsync();
        var end = await tunnel.ReceiveAsync(new byte[10].AsMemory(), default);
        await tunnel.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);

        Assert.Equal((WebSocketMessageType.Close, (WebSocketCloseStatus)1012), (end.MessageType, tunnel.CloseStatus));
        await stopping;
    }

    private async Task<string[]> FailuresAsync()
    {
        const string Begin = "meet_signaling_path_failures_total{path=\"tunnel\",reason=\"";
        var metrics = await _signaling.Http.GetStringAsync(new Uri(_signaling.Metrics, "metrics"));
        return [.. metrics.Split('\n').Where(line => line.StartsWith(Begin, StringComparison.Ordinal)).Select(line => line[Begin.Length..]).Order(StringComparer.Ordinal)];
    }

    /// <summary>Whether tunnels are allowed, in each message that says so.</summary>
    private static bool[] Tunnels(TestClient client) => [.. client.Received.Where(message => (string?)message["type"] == "ice-servers").Select(message => (bool?)message["tunnel"] ?? false)];

    /// <summary>For each offer, whether its session is on a tunnel.</summary>
    private static bool?[] OfferedTunnels(TestClient client) => [.. client.OfType("offer").Select(offer => (bool?)offer["tunnel"])];

    private Task AssignAsync(string meeting, ConnectivityRule? rule) => _cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, AssignmentRole.Origin, rule));

    private static MeetingAssignment Assigned(string node, long generation, AssignmentRole role, ConnectivityRule? rule, AssignmentState state = AssignmentState.Ready) =>
        new() { SfuNode = node, Namespace = TestCluster.Namespace, Role = role, State = state, Generation = generation, Connectivity = rule };

    private static async Task JoinAsync(TestClient client)
    {
        await client.SendAsync(new { type = "join", participantId = client.Id, capabilities = new { tunnel = true, slots = true, move = true } });
        await client.ExpectAsync("joined");
    }

    /// <summary>Ann, with a subscribe session on a tunnel, and its ID.</summary>
    private async Task<(string Meeting, TestClient Ann, string Session)> EnterAsync()
    {
        var meeting = (await _signaling.CreateAsync()).MeetingId;
        await using var publisher = await _signaling.EnterAsync(meeting, "Publisher");
        await publisher.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(), tracks = Array.Empty<object>() });
        await publisher.ExpectAsync("answer");
        var ann = await TestClient.OpenAsync(await _signaling.JoinAsync(meeting, "Ann"));
        await JoinAsync(ann);
        var offer = await ann.ExpectAsync("offer");
        return (meeting, ann, (string)offer["sessionId"]!);
    }

    private Uri UrlOf(string meeting, string session) => new UriBuilder(_signaling.Address) { Scheme = "ws", Path = $"/meetings/{meeting}/tunnel", Query = $"session={session}" }.Uri;

    private async Task<ClientWebSocket> OpenAsync(JoinResponse join, string meeting, string session, string? origin = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("meet.v1");
        socket.Options.AddSubProtocol($"ticket.{join.Ticket}");
        socket.Options.CollectHttpResponseDetails = true;
        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }

        try
        {
            await socket.ConnectAsync(UrlOf(meeting, session), default);
        }
        catch (WebSocketException)
        {
            // The caller reads the status.
        }

        return socket;
    }

    private async Task<HttpStatusCode> StatusAsync(JoinResponse join, string meeting, string session, string? origin = null)
    {
        using var socket = await OpenAsync(join, meeting, session, origin);
        return socket.HttpStatusCode;
    }

    private static async Task FloodAsync(ClientWebSocket tunnel, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await tunnel.SendAsync(new byte[16 * 1024], WebSocketMessageType.Binary, true, ct);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The test has seen enough.
        }
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket tunnel, int bytes, WebSocketMessageType type)
    {
        var buffer = new byte[bytes];
        for (var received = 0; received < bytes;)
        {
            var result = await tunnel.ReceiveAsync(buffer.AsMemory(received), default);
            Assert.Equal(type, result.MessageType);
            received += result.Count;
        }

        return buffer;
    }
}
