using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class WhipTests(WhipTests.Server server) : IClassFixture<WhipTests.Server>
{
    public sealed class Server : ServerFixture;

    private TestSignaling Signaling => server.Signaling;

    [Fact]
    public async Task Whip_PublishAndDelete_ShowsAndRemovesParticipant()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        var camera = await Signaling.JoinAsync(meeting.MeetingId, "Camera");

        var published = await SendAsync(meeting.MeetingId, "whip", camera.Ticket, Sdp.Publish());

        Assert.Equal(HttpStatusCode.Created, published.StatusCode);
        Assert.Equal("application/sdp", published.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("v=0", await published.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("Camera", (string?)(await ann.ExpectAsync("participant-joined"))["participant"]!["displayName"]);
        await ann.ExpectAsync("offer", m => m["tracks"]!.AsArray().Any(t => (string?)t!["participantId"] == camera.ParticipantId));

        var location = published.Headers.Location!.ToString();
        Assert.StartsWith($"/meetings/{meeting.MeetingId}/whip/", location, StringComparison.Ordinal);
        await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Delete, location, bearer: ann.Join.Ticket), HttpStatusCode.Forbidden, "forbidden");
        Assert.Equal(HttpStatusCode.NoContent, (await Signaling.SendAsync(HttpMethod.Delete, location, bearer: camera.Ticket)).StatusCode);
        Assert.Null(server.Node.Read(meeting.MeetingId, r => r.Participants[camera.ParticipantId].PublishSession));
        // The node reports when it has removed the participant.
        server.Node.RemoveParticipant(meeting.MeetingId, camera.ParticipantId);
        Assert.Equal(camera.ParticipantId, (string?)(await ann.ExpectAsync("participant-left"))["participantId"]);
    }

    [Fact]
    public async Task Whip_ParticipantWithSocket_IsShownOnce()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        var camera = await Signaling.JoinAsync(meeting.MeetingId, "Camera");
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(meeting.MeetingId, "whip", camera.Ticket, Sdp.Publish())).StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(meeting.MeetingId, "whip", camera.Ticket, Sdp.Publish("2"))).StatusCode);
        await ann.ExpectAsync("participant-joined");
        await using var socket = await TestClient.OpenAsync(camera);
        await socket.JoinAsync();
        // By then, a tick has compared all entries with their connections.
        await Marker.ExpireAsync(Signaling, meeting.MeetingId, Signaling.Options.Timings.TickInterval, ann);
        Assert.False(socket.Closed.IsCompleted);
        Assert.Single(ann.OfType("participant-joined"), m => (string?)m["participant"]!["participantId"] == camera.ParticipantId);
        Assert.DoesNotContain(ann.OfType("participant-left"), m => (string?)m["participantId"] == camera.ParticipantId);
    }

    [Fact]
    public async Task Whip_SeveralSessions_LeavesWithLastSession()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        var camera = await Signaling.JoinAsync(meeting.MeetingId, "Camera");
        var first = SessionOf(await SendAsync(meeting.MeetingId, "whip", camera.Ticket, Sdp.Publish()));
        var player = SessionOf(await SendAsync(meeting.MeetingId, $"whep?participant={camera.ParticipantId}", camera.Ticket, Sdp.Play()));
        var second = SessionOf(await SendAsync(meeting.MeetingId, "whip", camera.Ticket, Sdp.Publish("2")));
        await ann.ExpectAsync("participant-joined");

        Close(first);
        Close(player);
        // Events arrive in order, so the two earlier ones have been processed.
        server.Node.Emit(meeting.MeetingId, new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = camera.ParticipantId, Level = 40 });
        await ann.ExpectAsync("speaking", m => (string?)m["participantId"] == camera.ParticipantId);
        Assert.Empty(ann.OfType("participant-left"));
        Assert.True(server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(camera.ParticipantId)));

        Close(second);
        Assert.Equal(camera.ParticipantId, (string?)(await ann.ExpectAsync("participant-left"))["participantId"]);

        void Close(string session) => server.Node.Emit(meeting.MeetingId, Closed(camera, session));
    }

    [Fact]
    public async Task Whep_WithAndWithoutParticipant_PlaysMedia()
    {
        var meeting = await Signaling.CreateAsync();
        var camera = await Signaling.JoinAsync(meeting.MeetingId, "Camera");
        SessionOf(await SendAsync(meeting.MeetingId, "whip", camera.Ticket, Sdp.Publish()));
        var wall = await Signaling.JoinAsync(meeting.MeetingId, "Wall");
        foreach (var query in new[] { string.Empty, $"?participant={camera.ParticipantId}" })
        {
            var played = await SendAsync(meeting.MeetingId, "whep" + query, wall.Ticket, Sdp.Play());
            Assert.Equal(HttpStatusCode.Created, played.StatusCode);
            Assert.StartsWith($"/meetings/{meeting.MeetingId}/whep/", played.Headers.Location!.ToString(), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.NoContent, (await Signaling.SendAsync(HttpMethod.Delete, played.Headers.Location!.ToString(), bearer: wall.Ticket)).StatusCode);
        }

        await Problem.IsAsync(await SendAsync(meeting.MeetingId, $"whep?participant={Guid.NewGuid()}", wall.Ticket, Sdp.Play()), HttpStatusCode.NotFound, "unknown-participant");
    }

    [Fact]
    public async Task Whep_NothingPublished_ReturnsNotPublishing()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        var wall = await Signaling.JoinAsync(meeting.MeetingId, "Wall");
        foreach (var query in new[] { string.Empty, $"?participant={ann.Id}" })
        {
            var response = await SendAsync(meeting.MeetingId, "whep" + query, wall.Ticket, Sdp.Play());
            await Problem.IsAsync(response, HttpStatusCode.Conflict, "not-publishing");
            Assert.NotNull(response.Headers.RetryAfter);
        }

        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await ann.ExpectAsync("answer");
        Assert.Empty(ann.OfType("participant-joined"));
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(meeting.MeetingId, $"whep?participant={ann.Id}", wall.Ticket, Sdp.Play())).StatusCode);
        await ann.ExpectAsync("participant-joined");
    }

    [Fact]
    public async Task Whip_ReplaceSessionInFullMeeting_KeepsPlace()
    {
        var meeting = await Signaling.CreateAsync(new { maxParticipants = 2 });
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        var camera = await Signaling.JoinAsync(meeting.MeetingId, "Camera");
        var first = SessionOf(await SendAsync(meeting.MeetingId, "whip", camera.Ticket, Sdp.Publish()));
        await ann.ExpectAsync("participant-joined");
        await Problem.IsAsync(
            await Signaling.SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/join", new { displayName = "Late" }), HttpStatusCode.Conflict, "meeting-full");

        var second = SessionOf(await SendAsync(meeting.MeetingId, "whip", camera.Ticket, Sdp.Publish("2")));
        Assert.NotEqual(first, second);
        server.Node.Emit(meeting.MeetingId, Closed(camera, first));
        server.Node.Emit(meeting.MeetingId, new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = camera.ParticipantId, Level = 40 });
        await ann.ExpectAsync("speaking");
        Assert.Empty(ann.OfType("participant-left"));
        server.Node.Emit(meeting.MeetingId, Closed(camera, second));
        await ann.ExpectAsync("participant-left");
    }

    [Theory]
    [InlineData("whip")]
    [InlineData("whep")]
    public async Task Open_ParticipantBeingRemoved_ReturnsForbidden(string kind)
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await ann.ExpectAsync("answer");
        var camera = await Signaling.JoinAsync(meeting.MeetingId, "Camera");

        // Simulates a removal right after the request has read the row.
        await Signaling.Service<IMeetingBus>().Presence.ExpelAsync(new MeetingKey(TestCluster.Tenant, meeting.MeetingId), camera.ParticipantId, default);

        await Problem.IsAsync(await SendAsync(meeting.MeetingId, kind, camera.Ticket, kind == "whip" ? Sdp.Publish("2") : Sdp.Play()), HttpStatusCode.Forbidden, "forbidden");
        Assert.False(server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(camera.ParticipantId)));
        Assert.Empty(ann.OfType("participant-joined"));
    }

    [Fact]
    public async Task Whip_RemovedWhileNodeOpensSession_ReturnsForbidden()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        var camera = await Signaling.JoinAsync(meeting.MeetingId, "Camera");
        server.Node.BeforePublish = async () =>
        {
            server.Node.BeforePublish = () => Task.CompletedTask;
            (await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{camera.ParticipantId}", bearer: meeting.HostToken)).EnsureSuccessStatusCode();
        };

        await Problem.IsAsync(await SendAsync(meeting.MeetingId, "whip", camera.Ticket, Sdp.Publish("2")), HttpStatusCode.Forbidden, "forbidden");
        Assert.False(server.Node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(camera.ParticipantId)));
        Assert.Empty(ann.OfType("participant-joined"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n")]
    public async Task Whip_InvalidSdp_ReturnsInvalidRequest(string sdp)
    {
        var meeting = await Signaling.CreateAsync();
        var camera = await Signaling.JoinAsync(meeting.MeetingId, "Camera");
        await Problem.IsAsync(await SendAsync(meeting.MeetingId, "whip", camera.Ticket, sdp), HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task Whip_OversizedOrWrongTypeOrTicket_IsRejected()
    {
        var meeting = await Signaling.CreateAsync();
        var other = await Signaling.CreateAsync();
        var camera = await Signaling.JoinAsync(meeting.MeetingId, "Camera");
        await Problem.IsAsync(
            await SendAsync(meeting.MeetingId, "whip", camera.Ticket, Sdp.Publish() + new string('a', ProtocolLimits.MaxSdpLength)), HttpStatusCode.RequestEntityTooLarge, "payload-too-large");
        await Problem.IsAsync(await SendAsync(meeting.MeetingId, "whip", camera.Ticket, Sdp.Publish(), "text/plain"), HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
        await Problem.IsAsync(await SendAsync(meeting.MeetingId, "whip", "wrong", Sdp.Publish()), HttpStatusCode.Unauthorized, "unauthorized");
        await Problem.IsAsync(await SendAsync(meeting.MeetingId, "whip", meeting.HostToken, Sdp.Publish()), HttpStatusCode.Forbidden, "forbidden");
        await Problem.IsAsync(await SendAsync(other.MeetingId, "whip", camera.Ticket, Sdp.Publish()), HttpStatusCode.Forbidden, "forbidden");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await Signaling.SendAsync(HttpMethod.Patch, $"meetings/{meeting.MeetingId}/whip/x", bearer: camera.Ticket)).StatusCode);
    }

    [Fact]
    public async Task Whip_OpenedRepeatedly_ThrottlesOnlyThatTicket()
    {
        var meeting = await Signaling.CreateAsync();
        var (loop, camera) = (await Signaling.JoinAsync(meeting.MeetingId, "Loop"), await Signaling.JoinAsync(meeting.MeetingId, "Camera"));
        Assert.InRange(await Flood.CountAcceptedAsync(_ => SendAsync(meeting.MeetingId, "whip", loop.Ticket, Sdp.Publish())), 20, 199);
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(meeting.MeetingId, "whip", camera.Ticket, Sdp.Publish())).StatusCode);
    }

    [Theory]
    [InlineData("messages")]
    [InlineData("whep")]
    [InlineData("close")]
    public async Task Ticket_UsedRepeatedly_ThrottlesOnlyThatTicket(string what)
    {
        var meeting = await Signaling.CreateAsync();
        var (loop, ann) = (await Signaling.JoinAsync(meeting.MeetingId, "Loop"), await Signaling.JoinAsync(meeting.MeetingId, "Ann"));
        Assert.InRange(await Flood.CountAcceptedAsync(_ => CallAsync(loop.Ticket)), 200, 4_999);
        Assert.NotEqual(HttpStatusCode.TooManyRequests, (await CallAsync(ann.Ticket)).StatusCode);

        Task<HttpResponseMessage> CallAsync(string ticket) => what switch
        {
            "messages" => Signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}/messages", bearer: ticket),
            "whep" => SendAsync(meeting.MeetingId, "whep", ticket, Sdp.Play()),
            _ => Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/whip/none", bearer: ticket),
        };
    }

    [Fact]
    public async Task Whip_NodeHangs_ReturnsMediaNodeUnreachable()
    {
        var meeting = await Signaling.CreateAsync();
        var camera = await Signaling.JoinAsync(meeting.MeetingId, "Camera");
        server.Node.Hang();
        try
        {
            var response = await SendAsync(meeting.MeetingId, "whip", camera.Ticket, Sdp.Publish());
            await Problem.IsAsync(response, HttpStatusCode.ServiceUnavailable, "media-node-unreachable");
            Assert.NotNull(response.Headers.RetryAfter);
        }
        finally
        {
            server.Node.Resume();
        }
    }

    private static RoomEvent Closed(JoinResponse participant, string session) =>
        new() { Type = RoomEventTypes.SessionState, ParticipantId = participant.ParticipantId, SessionId = session, State = "closed" };

    /// <summary>Returns the session ID of the node from the Location header.</summary>
    private static string SessionOf(HttpResponseMessage opened)
    {
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        return Encoding.UTF8.GetString(Base64Url.DecodeFromChars(opened.Headers.Location!.ToString().Split('/')[^1].Split('.')[0]));
    }

    private async Task<HttpResponseMessage> SendAsync(string meetingId, string path, string ticket, string sdp, string type = "application/sdp")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"meetings/{meetingId}/{path}") { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(sdp)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ticket);
        return await Signaling.Http.SendAsync(request);
    }
}
