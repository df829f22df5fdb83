using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Hub;

/// <summary>Tests the rules and limits of a socket.</summary>
public sealed class SocketTests(SocketTests.Server server) : IClassFixture<SocketTests.Server>
{
    public sealed class Server : ServerFixture
    {
        protected override SignalingOptions Configure(SignalingOptions options) =>
            options with { PublicUrl = new Uri("https://meet.example"), Timings = options.Timings with { MessageTimeout = options.Timings.JoinTimeout } };
    }

    private TestSignaling Signaling => server.Signaling;

    [Fact]
    public async Task Code_UsedTwice_IsRejected()
    {
        var meeting = await Signaling.CreateAsync();
        var join = await Signaling.JoinAsync(meeting.MeetingId, "Ann");
        await using var first = await TestClient.OpenAsync(join);
        await AssertRejectedAsync(join, new Uri(join.WebSocketUrl), 401);
    }

    [Fact]
    public async Task Code_Expired_IsRejected()
    {
        var meeting = await Signaling.CreateAsync();
        var join = await Signaling.JoinAsync(meeting.MeetingId, "Ann");
        var late = Signaling.Service<Tokens>().Issue(
            TokenKind.Code, new TokenSubject { Tenant = TestCluster.Tenant, MeetingId = meeting.MeetingId, ParticipantId = join.ParticipantId }, TimeSpan.FromSeconds(-60));
        await AssertRejectedAsync(join, new UriBuilder(join.WebSocketUrl) { Query = $"code={late}" }.Uri, 401);
    }

    [Theory]
    [InlineData("")]
    [InlineData("code=")]
    [InlineData("code=a.b.c")]
    [InlineData("code=x&code=y")]
    public async Task Code_Invalid_IsRejected(string query)
    {
        var meeting = await Signaling.CreateAsync();
        var join = await Signaling.JoinAsync(meeting.MeetingId, "Ann");
        await AssertRejectedAsync(join, new UriBuilder(join.WebSocketUrl) { Query = query }.Uri, 401);
        await using var fine = await TestClient.OpenAsync(join);
    }

    [Fact]
    public async Task Code_OfOtherMeeting_IsRejected()
    {
        var one = await Signaling.CreateAsync();
        var two = await Signaling.CreateAsync();
        var join = await Signaling.JoinAsync(one.MeetingId, "Ann");
        await AssertRejectedAsync(join, new UriBuilder(join.WebSocketUrl) { Path = $"/meetings/{two.MeetingId}" }.Uri, 401);
    }

    [Theory]
    [InlineData("https://evil.example", 403)]
    [InlineData("null", 403)]
    [InlineData("http://meet.example", 403)]
    [InlineData("https://meet.example", 101)]
    [InlineData("same", 101)]
    public async Task Open_Origin_IsCheckedBeforeUpgrade(string origin, int status)
    {
        var meeting = await Signaling.CreateAsync();
        var join = await Signaling.JoinAsync(meeting.MeetingId, "Ann");
        var text = origin == "same" ? Signaling.Address.ToString().TrimEnd('/') : origin;
        if (status == 101)
        {
            await using var fine = await TestClient.OpenAsync(join, new Uri(join.WebSocketUrl), o => o.SetRequestHeader("Origin", text));
            Assert.Null(fine.Subprotocol);
        }
        else
        {
            await AssertRejectedAsync(join, new Uri(join.WebSocketUrl), status, o => o.SetRequestHeader("Origin", text));
        }
    }

    [Fact]
    public async Task Open_TicketAsSubprotocol_SelectsVersion()
    {
        var meeting = await Signaling.CreateAsync();
        var join = await Signaling.JoinAsync(meeting.MeetingId, "Ann");
        await using var client = await TestClient.OpenByTicketAsync(join, Signaling.Address);
        Assert.Equal("meet.v1", client.Subprotocol);
        await client.JoinAsync();
        await AssertRejectedAsync(join with { Ticket = meeting.HostToken }, null, 401);
        await AssertRejectedAsync(join with { Ticket = join.Ticket + "x" }, null, 401);
    }

    [Fact]
    public async Task Open_EndedMeeting_ReturnsGone()
    {
        var meeting = await Signaling.CreateAsync();
        var join = await Signaling.JoinAsync(meeting.MeetingId, "Ann");
        await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(meeting.MeetingId)!.IsEnded, "the server has received the end");
        await AssertRejectedAsync(join, null, 410);
    }

    [Fact]
    public async Task Message_BeforeJoin_ReturnsNotJoined()
    {
        var meeting = await Signaling.CreateAsync();
        await using var client = await TestClient.OpenAsync(await Signaling.JoinAsync(meeting.MeetingId, "Ann"));
        await client.SendAsync(new { type = "chat", message = "too early" });
        Assert.Equal("not-joined", (string?)(await client.ExpectAsync("error"))["code"]);
        await client.SendAsync(new { type = "join", participantId = Guid.NewGuid().ToString() });
        await client.ExpectAsync("error", m => (string?)m["code"] == "forbidden");
        await client.JoinAsync();
        await client.SendAsync(new { type = "join", participantId = client.Id });
        await client.ExpectAsync("error", m => (string?)m["code"] == "already-joined");
        Assert.Empty(client.OfType("chat"));
    }

    [Fact]
    public async Task Socket_WithoutJoin_IsClosed()
    {
        var meeting = await Signaling.CreateAsync();
        await using var client = await TestClient.OpenAsync(await Signaling.JoinAsync(meeting.MeetingId, "Ann"));
        Assert.Equal(CloseCode.Rejected, await client.ExpectCloseAsync());
    }

    [Fact]
    public async Task BadMessages_Twenty_CloseSocket()
    {
        var meeting = await Signaling.CreateAsync();
        await using var client = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await client.SendTextAsync("{\"type\":\"dance\"}");
        await client.ExpectAsync("error", m => (string?)m["code"] == "unknown-type");
        await client.SendBytesAsync([1, 2, 3], WebSocketMessageType.Binary);
        await client.SendAsync(new { type = "offer", to = "sfu", sdp = "nonsense" });
        await client.ExpectAsync("error", m => (string?)m["code"] == "invalid-sdp");
        await client.SendAsync(new { type = "chat", message = "still here" });
        await client.ExpectAsync("chat");
        for (var i = 0; i < 17; i++)
        {
            await client.SendTextAsync("not json");
        }

        Assert.Equal(CloseCode.Rejected, await client.ExpectCloseAsync());
        Assert.Equal(20, client.OfType("error").Count);
    }

    [Fact]
    public async Task Frame_Oversized_ClosesSocket()
    {
        var meeting = await Signaling.CreateAsync();
        await using var client = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await client.SendTextAsync($$"""{"type":"offer","to":"sfu","sdp":"v=0\r\n{{new string('a', 2 * ProtocolLimits.MaxMessageBytes)}}"}""");
        Assert.Equal("too-large", (string?)(await client.ExpectAsync("error"))["code"]);
        Assert.Equal(CloseCode.TooLarge, await client.ExpectCloseAsync());
    }

    [Fact]
    public async Task Messages_AboveRate_AreRejectedThenCloseSocket()
    {
        var meeting = await Signaling.CreateAsync();
        await using var client = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        for (var i = 0; i < 400 && !client.Closed.IsCompleted; i++)
        {
            await client.SendTextAsync("""{"type":"ice-candidate","to":"sfu","candidate":null}""");
        }

        Assert.Equal(CloseCode.Rejected, await client.ExpectCloseAsync());
        Assert.All(client.OfType("error"), e => Assert.Equal("rate-limited", (string?)e["code"]));
    }

    [Fact]
    public async Task Messages_SharedLimitExceeded_KeepsSocketsOpen()
    {
        var (loud, quiet) = (await Signaling.CreateAsync(), await Signaling.CreateAsync());
        await using var ann = await Signaling.EnterAsync(loud.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(quiet.MeetingId, "Bob");
        var limits = Signaling.Service<SocketLimits>();
        using var over = new CancellationTokenSource();
        var crowd = Task.Run(async () =>
        {
            // Simulates hundreds of participants that stay within their own limits.
            while (!over.IsCancellationRequested)
            {
                while (limits.TakeSharedMessage(new MeetingKey(TestCluster.Tenant, loud.MeetingId)) is null)
                {
                }

                await Task.Delay(1);
            }
        });
        try
        {
            for (var i = 0; i < 10; i++)
            {
                await bob.SendAsync(new { type = "chat", message = $"line {i}" });
                await bob.ExpectAsync("chat", m => (string?)m["message"] == $"line {i}");
            }

            await Eventually.TrueAsync(
                async () =>
                {
                    await ann.SendTextAsync("""{"type":"ice-candidate","to":"sfu","candidate":null}""");
                    return ann.Closed.IsCompleted || ann.OfType("error").Count > SocketLimits.MaxBadMessages;
                },
                "the meeting is throttled");
            Assert.False(ann.Closed.IsCompleted);
            Assert.All(ann.OfType("error"), e => Assert.Equal("rate-limited", (string?)e["code"]));
            Assert.Empty(bob.OfType("error"));
        }
        finally
        {
            await over.CancelAsync();
            await crowd;
        }

        await Eventually.TrueAsync(
            async () =>
            {
                await ann.SendAsync(new { type = "chat", message = "still here" });
                return ann.OfType("chat").Count > 0;
            },
            "the participant can send again");
    }

    [Fact]
    public async Task Messages_OnTwoSocketsOfOneTicket_ShareRate()
    {
        const string Candidate = """{"type":"ice-candidate","to":"sfu","candidate":null}""";
        var meeting = await Signaling.CreateAsync();
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");

        // The budget refills in a second, and a busy machine can take longer, so another participant may have to try.
        await Eventually.TrueAsync(
            async () =>
            {
                await using var first = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
                await using var second = await TestClient.OpenByTicketAsync(first.Join, Signaling.Address);
                for (var i = 0; i < SocketLimits.MessagesPerSecond - 2; i++)
                {
                    await first.SendTextAsync(Candidate);
                }

                await first.SendAsync(new { type = "chat", message = "sent everything" });
                await first.ExpectAsync("chat", m => (string?)m["from"] == first.Id);

                // Fewer than would close the socket, and far fewer than the rate.
                for (var i = 0; i < SocketLimits.MaxBadMessages - 1; i++)
                {
                    await second.SendTextAsync(Candidate);
                }

                await Eventually.TrueAsync(() => second.OfType("error").Count == SocketLimits.MaxBadMessages - 1, "every message on the second socket is answered");
                Assert.Empty(first.OfType("error"));
                return second.OfType("error").Any(e => (string?)e["code"] == "rate-limited");
            },
            "messages on the first socket count on the second");

        await bob.SendAsync(new { type = "chat", message = "hello" });
        await bob.ExpectAsync("chat", m => (string?)m["from"] == bob.Id);
        Assert.Empty(bob.OfType("error"));
    }

    [Fact]
    public async Task Messages_TenantLimitExceeded_RejectsAllMeetingsOfThatTenant()
    {
        await server.Cluster.AddTenantAsync("quiet", "meet-quiet");
        var foreign = (await server.Cluster.ApplyMeetingAsync(Guid.NewGuid().ToString("D"), @namespace: "meet-quiet", tenant: "quiet")).Metadata.Name!;
        await Eventually.TrueAsync(async () => (await Signaling.SendAsync(HttpMethod.Get, $"meetings/{foreign}")).IsSuccessStatusCode, "the server has received the meeting");
        var (here, there) = (await Signaling.CreateAsync(), await Signaling.CreateAsync());
        await using var ann = await Signaling.EnterAsync(here.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(there.MeetingId, "Bob");
        await using var eve = await Signaling.EnterAsync(foreign, "Eve");
        var limits = Signaling.Service<SocketLimits>();
        using var over = new CancellationTokenSource();
        var crowd = Task.Run(async () =>
        {
            // Simulates thousands of participants in other meetings of the tenant. No meeting reaches its own limit.
            var crowded = Enumerable.Range(0, 64).Select(i => new MeetingKey(TestCluster.Tenant, $"crowd-{i}")).ToArray();
            for (var next = 0; !over.IsCancellationRequested; next++)
            {
                if (limits.TakeSharedMessage(crowded[next % crowded.Length]) is not null)
                {
                    await Task.Delay(1);
                }
            }
        });
        try
        {
            foreach (var client in new[] { ann, bob })
            {
                await Eventually.TrueAsync(
                    async () =>
                    {
                        await client.SendTextAsync("""{"type":"ice-candidate","to":"sfu","candidate":null}""");
                        return client.OfType("error").Count > 0;
                    },
                    "the tenant is throttled");
                Assert.Equal("rate-limited", (string?)client.OfType("error")[0]["code"]);
                Assert.Contains("participants of this tenant", (string?)client.OfType("error")[0]["message"], StringComparison.Ordinal);
            }

            for (var i = 0; i < 10; i++)
            {
                await eve.SendAsync(new { type = "chat", message = $"line {i}" });
                await eve.ExpectAsync("chat", m => (string?)m["message"] == $"line {i}");
            }

            Assert.Empty(eve.OfType("error"));
        }
        finally
        {
            await over.CancelAsync();
            await crowd;
        }

        await Eventually.TrueAsync(
            async () =>
            {
                await bob.SendAsync(new { type = "chat", message = "still here" });
                return bob.OfType("chat").Count > 0;
            },
            "the participants can send again");
    }

    [Fact]
    public async Task Send_SlowReader_IsDisconnected()
    {
        var meeting = await Signaling.CreateAsync();
        var slow = await Signaling.JoinAsync(meeting.MeetingId, "Slow");
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        using var raw = await RawSocket.JoinAsync(slow, receiveBuffer: 4096);
        await ann.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == slow.ParticipantId);

        // Chat messages are the largest messages that reach other participants. Each sender stays below its rate limit.
        var line = new string('\u4e2d', 4_000);
        for (var sender = 0; sender < 24 && !ann.OfType("participant-left").Any(m => (string?)m["participantId"] == slow.ParticipantId); sender++)
        {
            await using var talker = await Signaling.EnterAsync(meeting.MeetingId, $"Talker {sender}");
            for (var i = 0; i < 45; i++)
            {
                await talker.SendAsync(new { type = "chat", message = line });
            }

            await talker.SendAsync(new { type = "chat", message = "done" });
            await talker.ExpectAsync("chat", m => (string?)m["from"] == talker.Id && (string?)m["message"] == "done");
            await talker.SendAsync(new { type = "leave" });
        }

        await bob.ExpectAsync("participant-left", m => (string?)m["participantId"] == slow.ParticipantId);
        Assert.False(bob.Closed.IsCompleted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fragments_Unfinished_CloseSocket(bool empty)
    {
        var meeting = await Signaling.CreateAsync();
        var join = await Signaling.JoinAsync(meeting.MeetingId, "Ann");
        using var raw = await RawSocket.JoinAsync(join);
        // The first fragment of a text message, followed by empty fragments or only pongs. The final fragment never arrives.
        await raw.SendFrameAsync(0x01, "{");
        await Eventually.TrueAsync(async () => !await raw.TrySendFrameAsync(empty ? (byte)0x00 : (byte)0x8A, string.Empty), "the server closes the connection");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Frame_Unfinished_ClosesSocket(bool trickles)
    {
        await using var signaling = await TestSignaling.StartAsync(
            server.Cluster, options => options with { Timings = options.Timings with { PongTimeout = new SignalingTimings().PongTimeout } });
        var meeting = await signaling.CreateAsync();
        using var raw = await RawSocket.JoinAsync(await signaling.JoinAsync(meeting.MeetingId, "Ann"));
        await raw.SendHeadOfFrameAsync(0x81, length: 60_000);
        await Eventually.TrueAsync(async () => await raw.IsClosedAsync() || (trickles && !await raw.TrySendBytesAsync([0x20])), "the server closes the connection");
    }

    [Fact]
    public async Task Connection_WithoutData_IsClosed()
    {
        using var tcp = new System.Net.Sockets.TcpClient();
        await tcp.ConnectAsync(Signaling.Address.Host, Signaling.Address.Port);
        var buffer = new byte[1];
        try
        {
            Assert.Equal(0, await tcp.GetStream().ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
        }
        catch (IOException)
        {
            // A reset also closes the connection.
        }
    }

    [Fact]
    public async Task Open_ManySockets_SharesParticipantBudget()
    {
        var meeting = await Signaling.CreateAsync();
        var join = await Signaling.JoinAsync(meeting.MeetingId, "Ann");
        var opened = 0;
        for (; opened < 500; opened++)
        {
            using var socket = new ClientWebSocket();
            socket.Options.CollectHttpResponseDetails = true;
            socket.Options.AddSubProtocol("meet.v1");
            socket.Options.AddSubProtocol($"ticket.{join.Ticket}");
            try
            {
                await socket.ConnectAsync(new UriBuilder(Signaling.Address) { Scheme = "ws", Path = $"/meetings/{meeting.MeetingId}" }.Uri, default);
            }
            catch (WebSocketException)
            {
                Assert.Equal(HttpStatusCode.TooManyRequests, socket.HttpStatusCode);
                break;
            }
        }

        Assert.InRange(opened, 20, 499);
    }

    [Fact]
    public async Task Open_ManyInvalidCodes_IsThrottled()
    {
        // This test has its own server, because failures count per client address, and all tests connect from the same one.
        await using var signaling = await TestSignaling.StartAsync(server.Cluster, options => options);
        var meeting = await signaling.CreateAsync();
        var url = new UriBuilder(signaling.Address) { Scheme = "ws", Path = $"/meetings/{meeting.MeetingId}", Query = "code=a.b.c" }.Uri;
        await Eventually.TrueAsync(
            async () =>
            {
                var statuses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => StatusAsync(url)));
                return statuses.Contains(HttpStatusCode.TooManyRequests);
            },
            "requests with invalid codes are throttled");
        // A valid code still works.
        await using var ann = await signaling.EnterAsync(meeting.MeetingId, "Ann");
    }

    [Fact]
    public async Task Close_ByClient_EndsConnectionWhileParticipantCanReturn()
    {
        await using var signaling = await TestSignaling.StartAsync(
            server.Cluster, options => options with { Timings = options.Timings with { ReconnectTimeout = TimeSpan.FromMinutes(10) } });
        var meeting = await signaling.CreateAsync();
        await using var ann = await signaling.EnterAsync(meeting.MeetingId, "Ann");
        var bob = await signaling.JoinAsync(meeting.MeetingId, "Bob");
        using var raw = await RawSocket.JoinAsync(bob);
        await ann.ExpectAsync("participant-joined");

        await raw.SendFrameAsync(0x88, "");

        await raw.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await using var back = await TestClient.OpenByTicketAsync(bob, signaling.Address);
        await back.JoinAsync();
        Assert.Empty(ann.OfType("participant-left"));
    }

    [Fact]
    public async Task Connection_VanishesSilently_LeavesWithinFifteenSeconds()
    {
        await using var signaling = await TestSignaling.StartAsync(
            server.Cluster, options => options with { Timings = options.Timings with { PongTimeout = new SignalingTimings().PongTimeout } });
        var times = signaling.Options.Timings;
        var meeting = await signaling.CreateAsync();
        await using var ann = await signaling.EnterAsync(meeting.MeetingId, "Ann");
        var gone = await signaling.JoinAsync(meeting.MeetingId, "Gone");
        using var raw = await RawSocket.JoinAsync(gone);
        await ann.ExpectAsync("participant-joined");
        var watch = Stopwatch.StartNew();

        // The client no longer responds to pings, as if its network cable was unplugged.
        var left = await ann.ExpectAsync("participant-left");

        Assert.Equal((gone.ParticipantId, "timeout"), ((string?)left["participantId"], (string?)left["reason"]));
        Assert.True(watch.Elapsed >= times.ReconnectTimeout, "the participant had time to reconnect");
        Assert.True(times.PingInterval + times.PongTimeout + times.ReconnectTimeout < TimeSpan.FromSeconds(15));
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(gone.ParticipantId)), "the participant is removed from the node");
        Assert.False(ann.Closed.IsCompleted);
    }

    [Fact]
    public async Task Logs_AfterConnections_ContainNoTokenOrCode()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var back = await TestClient.OpenByTicketAsync(ann.Join, Signaling.Address);
        await back.JoinAsync();
        await AssertRejectedAsync(ann.Join, new Uri(ann.Join.WebSocketUrl), 401);
        var code = new Uri(ann.Join.WebSocketUrl).Query["?code=".Length..];
        string[] secrets = [code, ann.Join.Ticket, meeting.HostToken];
        Assert.NotEmpty(Signaling.LogLines());
        foreach (var secret in secrets.Concat(secrets.Select(s => s.Split('.')[2])))
        {
            Assert.DoesNotContain(Signaling.LogLines(), line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(Uri url)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(url, default));
        return socket.HttpStatusCode;
    }

    private async Task AssertRejectedAsync(JoinResponse join, Uri? url, int status, Action<ClientWebSocketOptions>? configure = null)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        configure?.Invoke(socket.Options);
        if (url is null)
        {
            socket.Options.AddSubProtocol("meet.v1");
            socket.Options.AddSubProtocol($"ticket.{join.Ticket}");
            url = new UriBuilder(Signaling.Address) { Scheme = "ws", Path = new Uri(join.WebSocketUrl).AbsolutePath }.Uri;
        }

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(url, default));
        Assert.Equal((HttpStatusCode)status, socket.HttpStatusCode);
    }
}
