using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>Tests the media path when meetings move and when nodes crash, hang or lose participants.</summary>
public sealed class MediaPathTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;
    private SimulatedMediaNode _node = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _node = await _cluster.AddNodeAsync("default-aaaaa");
        _signaling = await TestSignaling.StartAsync(_cluster, options => options with
        {
            Timings = options.Timings with { RefreshInterval = TimeSpan.FromMilliseconds(300) },
        });
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task NodeDies_ConnectedClients_RestartOnNextNode()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await bob.ExpectAsync("offer");

        var next = await _cluster.AddNodeAsync("default-bbbbb");
        await _cluster.KillNodeAsync("default-aaaaa");

        foreach (var client in new[] { ann, bob })
        {
            var restart = await client.ExpectAsync("media-restart");
            Assert.Equal(("moved", 2L), ((string?)restart["reason"], (long)restart["generation"]!));
            await Eventually.TrueAsync(() => next.Read(meeting.MeetingId, r => r.Participants.TryGetValue(client.Id, out var p) && p.SubscribeSession is not null), "the participant is on the next node");
        }

        var before = bob.OfType("offer").Count;
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(origin: "2"), restart = true });
        await Eventually.TrueAsync(() => ann.OfType("answer").Count == 2 && bob.OfType("offer").Count > before, "media flows through the next node");
        Assert.Empty(ann.OfType("participant-left"));
    }

    /// <summary>The meeting has no usable media node for a moment, and then the same room as before.</summary>
    [Fact]
    public async Task NodeAddress_MissingForAMoment_KeepsSessions()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await ann.ExpectAsync("answer");
        var session = Session();

        await _cluster.SetNodeAddressAsync("default-aaaaa", null);
        await OfferUntilAsync(() => ann.OfType("error").Any(e => (string?)e["code"] == "not-placed"), "the meeting has no media node");
        await _cluster.SetNodeAddressAsync("default-aaaaa", _node.Address);
        var answers = ann.OfType("answer").Count;
        await OfferUntilAsync(() => ann.OfType("answer").Count > answers + 1, "offers reach the media node again");

        Assert.NotNull(session);
        Assert.Equal(session, Session());
        Assert.Empty(ann.OfType("media-restart"));

        string? Session() => _node.Read(meeting.MeetingId, r => r.Participants[ann.Id].SubscribeSession);

        Task OfferUntilAsync(Func<bool> condition, string what) => Eventually.TrueAsync(
            async () =>
            {
                await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
                return condition();
            },
            what);
    }

    /// <summary>An encoder cannot be told to move to another node. It reconnects when its session ends.</summary>
    [Fact]
    public async Task NodeDrained_WhipPublisherAndRemoved_AreRemovedFromNode()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        var camera = await _signaling.JoinAsync(meeting.MeetingId, "Camera");
        Assert.True((await PublishAsync(meeting.MeetingId, camera.Ticket)).IsSuccessStatusCode);
        await ann.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == camera.ParticipantId);
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id) && r.Participants.ContainsKey(camera.ParticipantId)), "all participants are on the node");

        await _cluster.AddNodeAsync("default-bbbbb");
        await _cluster.DrainNodeAsync("default-aaaaa");

        await bob.ExpectAsync("media-restart");
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(camera.ParticipantId)), "the encoder's session has ended");

        Assert.True(_node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id))); // The web client leaves the previous node itself.
        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}", bearer: meeting.HostToken);
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(bob.Id)), "the removed participant is removed from the previous node");
    }

    /// <summary>
    /// An encoder that stays on a former node would keep it from being drained. It is removed even if signaling restarts in between, and if no other participant is in the
    /// meeting.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NodeDrained_RemovalFails_IsRepeated(bool restart)
    {
        var meeting = await _signaling.CreateAsync();
        var camera = await _signaling.JoinAsync(meeting.MeetingId, "Camera");
        Assert.True((await PublishAsync(meeting.MeetingId, camera.Ticket)).IsSuccessStatusCode);
        _node.RejectsRemovals = true;

        await _cluster.AddNodeAsync("default-bbbbb");
        await _cluster.DrainNodeAsync("default-aaaaa");
        await Eventually.TrueAsync(() => _node.RejectedDrops >= 3, "the removal is repeated");
        Assert.True(_node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(camera.ParticipantId)));
        if (restart)
        {
            await _signaling.DisposeAsync();
            _signaling = await TestSignaling.StartAsync(_cluster);
        }

        _node.RejectsRemovals = false;
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(camera.ParticipantId)), "the encoder's session has ended");
    }

    /// <summary>The web client follows by itself, and its encoder cannot.</summary>
    [Fact]
    public async Task NodeDrained_ParticipantWithSocketAndEncoder_LeavesWhenWebClientHasMoved()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        Assert.True((await PublishAsync(meeting.MeetingId, ann.Join.Ticket)).IsSuccessStatusCode);
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.TryGetValue(ann.Id, out var p) && p.SubscribeSession is not null), "the participant is on the node");

        await _cluster.AddNodeAsync("default-bbbbb");
        await _cluster.DrainNodeAsync("default-aaaaa");
        await ann.ExpectAsync("media-restart");
        await Marker.ExpireAsync(_signaling, meeting.MeetingId, _signaling.Options.Timings.TickInterval * 2, ann);
        Assert.True(_node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(ann.Id)));

        _node.EndSubscribeSession(meeting.MeetingId, ann.Id);
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(ann.Id)), "the encoder's session has ended");
    }

    [Fact]
    public async Task RemoveParticipant_FormerNodesFail_IsRepeatedOnEach()
    {
        var meeting = await _signaling.CreateAsync();
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.TryGetValue(bob.Id, out var p) && p.SubscribeSession is not null), "the participant is on the node");
        var next = await _cluster.AddNodeAsync("default-bbbbb");
        await _cluster.DrainNodeAsync("default-aaaaa");
        await Eventually.TrueAsync(
            () => next.Rooms().ContainsKey(meeting.MeetingId) && next.Read(meeting.MeetingId, r => r.Participants.TryGetValue(bob.Id, out var p) && p.SubscribeSession is not null), "the meeting has moved");
        await _cluster.AddNodeAsync("default-ccccc");
        await _cluster.DrainNodeAsync("default-bbbbb");
        await Eventually.TrueAsync(() => bob.OfType("media-restart").Count == 2, "the meeting has moved again");
        (_node.RejectsRemovals, next.RejectsRemovals) = (true, true);

        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}", bearer: meeting.HostToken);
        await Eventually.TrueAsync(() => _node.RejectedDrops >= 2 && next.RejectedDrops >= 3, "the removals are repeated");
        (_node.RejectsRemovals, next.RejectsRemovals) = (false, false);

        foreach (var former in new[] { _node, next })
        {
            await Eventually.TrueAsync(() => former.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(bob.Id)), "the participant is removed");
        }
    }

    /// <summary>The status no longer lists the node as a former one, and the removal has been confirmed only by the node in between.</summary>
    [Fact]
    public async Task RemoveParticipant_MeetingReturnsToFormerNode_IsRemovedThere()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann", meeting.HostToken);
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)), "the participant is on the node");
        var next = await _cluster.AddNodeAsync("default-bbbbb");
        await _cluster.DrainNodeAsync("default-aaaaa");
        await Eventually.TrueAsync(() => next.Rooms().ContainsKey(meeting.MeetingId) && next.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)), "the meeting has moved");
        _node.RejectsRemovals = true;
        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{bob.Id}", bearer: meeting.HostToken);
        await Eventually.TrueAsync(() => _node.RejectedDrops >= 1 && next.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(bob.Id)), "the participant is removed from the new node");
        await Marker.ExpireAsync(_signaling, meeting.MeetingId, _signaling.Options.Timings.TickInterval * 3, ann); // The removal is confirmed there.

        _cluster.UndrainNode("default-aaaaa");
        await _cluster.DrainNodeAsync("default-bbbbb");
        await Eventually.TrueAsync(() => ann.OfType("media-restart").Count == 2, "the meeting has moved back");
        Assert.True(_node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(bob.Id)));
        _node.RejectsRemovals = false;

        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(bob.Id)), "the participant is removed");
    }

    /// <summary>The former node may be gone. What it still does with the offer ends by itself, because nobody connects to it.</summary>
    [Fact]
    public async Task Whip_MeetingMovesMeanwhile_OpensOnNextNode()
    {
        await _signaling.DisposeAsync();
        _signaling = await TestSignaling.StartAsync(_cluster, options => options with { Timings = options.Timings with { NodeCallTimeout = TimeSpan.FromMinutes(2) } });
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(ann.Id)), "the participant is on the node");
        var camera = await _signaling.JoinAsync(meeting.MeetingId, "Camera");
        var next = await _cluster.AddNodeAsync("default-bbbbb");
        _node.Hang();
        var publishing = PublishAsync(meeting.MeetingId, camera.Ticket);
        await Eventually.TrueAsync(() => _node.PublishRequests == 1, "the media node has the offer");

        await _cluster.DrainNodeAsync("default-aaaaa");

        Assert.Equal(System.Net.HttpStatusCode.Created, (await publishing).StatusCode);
        Assert.True(next.Read(meeting.MeetingId, r => r.Participants.ContainsKey(camera.ParticipantId)));
        await ann.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == camera.ParticipantId);
        await ann.ExpectAsync("media-restart");
    }

    /// <summary>Nothing would tell the encoder that its session is on a node that the meeting has left.</summary>
    [Fact]
    public async Task Whip_MeetingMovesBeforeAnswer_LeavesFormerNode()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(ann.Id)), "the participant is on the node");
        var camera = await _signaling.JoinAsync(meeting.MeetingId, "Camera");
        await _cluster.AddNodeAsync("default-bbbbb");
        var (reached, opened) = (new TaskCompletionSource(), new TaskCompletionSource());
        _node.BeforePublish = () =>
        {
            reached.TrySetResult();
            return opened.Task;
        };
        var publishing = PublishAsync(meeting.MeetingId, camera.Ticket);
        await reached.Task;
        await _cluster.DrainNodeAsync("default-aaaaa");
        Assert.Equal(System.Net.HttpStatusCode.Created, (await publishing).StatusCode);

        opened.SetResult(); // the former node opens the session although nobody waits for it any more

        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(camera.ParticipantId)), "the encoder is on the former node");
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(camera.ParticipantId)), "the encoder is on the next node only");
        await ann.ExpectAsync("media-restart");
    }

    /// <summary>A media node removes somebody who is silent, and those on a part of a room that has failed.</summary>
    [Theory]
    [InlineData("timeout")]
    [InlineData("error")]
    public async Task NodeLosesParticipant_StreamOpen_ClientRestarts(string reason)
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.TryGetValue(ann.Id, out var p) && p.SubscribeSession is not null), "the participant is on the node");
        _node.RemoveParticipant(meeting.MeetingId, ann.Id, reason);
        Assert.Equal("lost", (string?)(await ann.ExpectAsync("media-restart"))["reason"]);
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.TryGetValue(ann.Id, out var p) && p.SubscribeSession is not null), "the participant is on the node again");
    }

    [Fact]
    public async Task NodeLosesParticipant_BeforeStreamOpens_ClientRestarts()
    {
        var reading = new TaskCompletionSource();
        _node.EventsAfter = reading.Task;
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.TryGetValue(ann.Id, out var p) && p.SubscribeSession is not null), "the participant is on the node");
        _node.RemoveParticipant(meeting.MeetingId, ann.Id);
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.TryGetValue(ann.Id, out var p) && p.SubscribeSession is null), "the participant is refreshed on the node");

        reading.SetResult();

        Assert.Equal("lost", (string?)(await ann.ExpectAsync("media-restart"))["reason"]);
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.TryGetValue(ann.Id, out var p) && p.SubscribeSession is not null), "the participant is on the node again");
    }

    [Fact]
    public async Task NodeHangs_Offer_FailsAndKeepsSocket()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(ann.Id)), "the participant is on the node");
        _node.Hang();
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await ann.ExpectAsync("error", m => (string?)m["code"] == "media-failed");
        _node.Resume();
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await ann.ExpectAsync("answer");
    }

    [Fact]
    public async Task NodeHangs_ManyOffers_AreRateLimitedExceptRestart()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.TryGetValue(ann.Id, out var p) && p.SubscribeSession is not null), "the participant is on the node");
        _node.Hang();
        await OfferAsync("before");
        await ann.ExpectAsync("error", m => (string?)m["code"] == "rate-limited" && ((string?)m["reference"])?.StartsWith("before", StringComparison.Ordinal) == true);

        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish("2"), restart = true, reference = "restart" });
        _node.Resume();
        await ann.ExpectAsync("answer", m => (string?)m["reference"] == "restart");
        Assert.DoesNotContain(ann.OfType("error"), m => (string?)m["reference"] == "restart");

        _node.Hang();
        await OfferAsync("last");
        await ann.ExpectAsync("error", m => (string?)m["code"] == "rate-limited" && ((string?)m["reference"])?.StartsWith("last", StringComparison.Ordinal) == true);
        await ann.SendAsync(new { type = "leave" });
        await bob.ExpectAsync("participant-left", m => (string?)m["reason"] == "left");
        Assert.Equal(CloseCode.Normal, await ann.ExpectCloseAsync());
        _node.Resume();

        async Task OfferAsync(string reference)
        {
            for (var i = 0; i < 15; i++)
            {
                await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(), reference = $"{reference}-{i}" });
            }
        }
    }

    [Fact]
    public async Task NodeHangs_RepeatedMutes_AppliesLastOne()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.TryGetValue(ann.Id, out var p) && p.SubscribeSession is not null), "the participant is on the node");
        _node.Hang();
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        foreach (var type in new[] { "mute", "unmute", "mute", "unmute" })
        {
            await ann.SendAsync(new { type, mediaType = "video" });
        }

        await ann.SendAsync(new { type = "mute", mediaType = "audio" });
        await ann.ExpectAsync("media-update", m => !(bool)m["audio"]!);
        _node.Resume();

        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants[ann.Id].IsMuted("microphone")), "the microphone is muted at the node");
        Assert.False(_node.Read(meeting.MeetingId, r => r.Participants[ann.Id].IsMuted("camera")));
    }

    [Fact]
    public async Task Offer_ReplacedSession_ReturnsUnknownSession()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        var session = (string?)(await ann.ExpectAsync("answer"))["sessionId"];
        Assert.Equal(_node.Read(meeting.MeetingId, r => r.Participants[ann.Id].PublishSession), session);

        // Simulates another replica or a WHIP request that replaced the session.
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(), restart = true });
        await Eventually.TrueAsync(() => ann.OfType("answer").Count == 2, "the session is replaced");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(), sessionId = session });

        var error = await ann.ExpectAsync("error");
        Assert.Equal(("unknown-session", session), ((string?)error["code"], (string?)error["sessionId"]));
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(), sessionId = (string?)ann.OfType("answer")[1]["sessionId"] });
        await Eventually.TrueAsync(() => ann.OfType("answer").Count == 3, "the current session accepts the offer");
    }

    [Fact]
    public async Task Offer_WithReference_ReturnsReferenceInAnswerOrError()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");

        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(), reference = "first" });
        Assert.Equal("first", (string?)(await ann.ExpectAsync("answer"))["reference"]);

        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(), sessionId = "earlier", reference = "second" });
        var error = await ann.ExpectAsync("error");
        Assert.Equal(("unknown-session", "second"), ((string?)error["code"], (string?)error["reference"]));

        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = "none", reference = "third" });
        Assert.Equal(("invalid-sdp", "third"), await ann.ExpectAsync("error", m => (string?)m["code"] == "invalid-sdp") is { } rejection ? ((string?)rejection["code"], (string?)rejection["reference"]) : default);
    }

    [Fact]
    public async Task Answer_UnknownSession_ReturnsUnknownSession()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        var offer = await bob.ExpectAsync("offer");
        Assert.Equal(_node.Read(meeting.MeetingId, r => r.Participants[bob.Id].SubscribeSession), (string?)offer["sessionId"]);

        await bob.SendAsync(new { type = "answer", to = "sfu", sdp = Sdp.Publish(), revision = (int)offer["revision"]!, sessionId = "earlier" });

        var error = await bob.ExpectAsync("error");
        Assert.Equal(("unknown-session", "earlier"), ((string?)error["code"], (string?)error["sessionId"]));
    }

    [Theory]
    [InlineData("failed", "error")]
    [InlineData("failed", "path-denied")]
    [InlineData("closed", "renegotiation-limit")]
    public async Task NodeEndsSession_Subscribe_OffersNewSession(string state, string reason)
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        var session = (string?)(await bob.ExpectAsync("offer"))["sessionId"];

        EmitEnd(meeting.MeetingId, bob.Id, "subscribe", session, state, reason);

        await Eventually.TrueAsync(() => bob.OfType("offer").Any(o => (string?)o["sessionId"] != session), "a new session is offered");
        Assert.NotEqual(session, _node.Read(meeting.MeetingId, r => r.Participants[bob.Id].SubscribeSession));
        Assert.Empty(bob.OfType("media-restart"));
    }

    [Fact]
    public async Task NodeEndsSession_Publish_ClientRestarts()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        var session = (string?)(await ann.ExpectAsync("answer"))["sessionId"];
        await bob.ExpectAsync("offer");

        EmitEnd(meeting.MeetingId, ann.Id, "publish", session, "failed", "error");

        Assert.Equal("lost", (string?)(await ann.ExpectAsync("media-restart"))["reason"]);
        Assert.Empty(bob.OfType("media-restart"));
    }

    [Fact]
    public async Task SessionEnds_ReplacedOrClosedByOwner_IsNotRestarted()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        var session = (string?)(await bob.ExpectAsync("offer"))["sessionId"];

        EmitEnd(meeting.MeetingId, bob.Id, "subscribe", session, "closed", reason: null); // closed by its client or by another replica
        EmitEnd(meeting.MeetingId, bob.Id, "subscribe", "earlier", "failed", "error");
        EmitEnd(meeting.MeetingId, ann.Id, "publish", "earlier", "failed", "error");
        EmitEnd(meeting.MeetingId, bob.Id, "play", session, "failed", "error");
        _node.Emit(meeting.MeetingId, new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = ann.Id, Level = 90 });
        await bob.ExpectAsync("speaking");

        // Any restart would finish before the following messages are processed.
        foreach (var client in new[] { ann, bob })
        {
            await client.SendAsync(new { type = "answer", to = "sfu", sdp = Sdp.Publish(), revision = 1, sessionId = "earlier" });
            await client.ExpectAsync("error");
            Assert.Empty(client.OfType("media-restart"));
        }

        Assert.Equal(session, _node.Read(meeting.MeetingId, r => r.Participants[bob.Id].SubscribeSession));
    }

    [Fact]
    public void Next_RepeatedFailures_BacksOffExponentially()
    {
        var (backoff, now) = (new RestartBackoff(), DateTimeOffset.UnixEpoch);
        var waits = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            var wait = backoff.Next(now);
            waits.Add(wait.TotalSeconds);
            now += wait + TimeSpan.FromMilliseconds(50);
        }

        Assert.Equal([0, 1, 2, 4, 8, 16, 30, 30], waits);
        Assert.Equal(TimeSpan.Zero, backoff.Next(now + TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task SessionFull_MoreTracksThanSections_SendsTooManyTracks()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(
            () =>
            {
                _node.Emit(meeting.MeetingId, new RoomEvent { Type = RoomEventTypes.SessionState, ParticipantId = ann.Id, Kind = "subscribe", State = "full", Reason = "512 sections" });
                return ann.OfType("error").Any(e => (string?)e["code"] == "too-many-tracks" && (string?)e["message"] == "512 sections");
            },
            "the participant gets an error");
    }

    [Fact]
    public async Task Refresh_OpenSocket_RepeatsUntilLeave()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.TryGetValue(ann.Id, out var p) && p.Touches > 3), "the participant is refreshed repeatedly");
        await ann.SendAsync(new { type = "leave" });
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => !r.Participants.ContainsKey(ann.Id)), "the participant is removed from the node");
    }

    [Fact]
    public async Task Speaking_FromNode_IsBroadcast()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(
            () =>
            {
                _node.Emit(meeting.MeetingId, new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = ann.Id, Level = 90 });
                return ann.OfType("speaking").Count > 0;
            },
            "the speaker is announced");
        Assert.Equal((ann.Id, 90), ((string?)ann.OfType("speaking")[0]["participantId"], (int)ann.OfType("speaking")[0]["level"]!));
    }

    [Fact]
    public async Task TrackAdded_FromNode_IsStored()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(() => _node.Read(meeting.MeetingId, r => r.Participants.ContainsKey(ann.Id)), "the participant is on the node");
        await Eventually.TrueAsync(
            async () =>
            {
                _node.Emit(meeting.MeetingId, new RoomEvent { Type = RoomEventTypes.TrackAdded, ParticipantId = ann.Id, Kind = "video", Source = "screen" });
                return (await new StoredRows(_signaling.Service<ISqlDatabase>()).ListStreamsAsync(TestCluster.Tenant, meeting.MeetingId)).Any(s => s.StreamType == "screen");
            },
            "the track is stored");
    }

    [Fact]
    public async Task SubscribeSession_NewSocket_IsKeptOnlyOnResume()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await bob.ExpectAsync("offer");
        var session = Session();

        bob.Abort();
        await using var resumed = await TestClient.OpenByTicketAsync(bob.Join, _signaling.Address);
        await resumed.JoinAsync(resume: true);
        await resumed.ExpectAsync("offer");
        Assert.Equal(session, Session());

        await using var fresh = await TestClient.OpenByTicketAsync(bob.Join, _signaling.Address);
        await fresh.JoinAsync();
        await fresh.ExpectAsync("offer");
        Assert.NotEqual(session, Session());
        await bob.DisposeAsync();

        string? Session() => _node.Read(meeting.MeetingId, r => r.Participants[bob.Id].SubscribeSession);
    }

    [Fact]
    public async Task PublishSession_NewPeerConnection_IsReplaced()
    {
        var meeting = await _signaling.CreateAsync();
        var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await PublishAsync(bob, "1", answers: 1);
        var session = Session();
        await PublishAsync(bob, "1", answers: 2);
        Assert.Equal(session, Session());

        // After a reload, the page joins with its ticket and sends an offer from a new peer connection without a session ID.
        bob.Abort();
        await using var reloaded = await TestClient.OpenAsync(await _signaling.JoinAsync(meeting.MeetingId, "Bob", ticket: bob.Join.Ticket));
        await reloaded.JoinAsync();
        await PublishAsync(reloaded, "2", answers: 1);
        Assert.NotEqual(session, Session());
        Assert.Equal(bob.Id, reloaded.Id);
        await bob.DisposeAsync();

        string? Session() => _node.Read(meeting.MeetingId, r => r.Participants[bob.Id].PublishSession);
        static async Task PublishAsync(TestClient client, string origin, int answers)
        {
            await client.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish(origin) });
            await Eventually.TrueAsync(() => client.OfType("answer").Count == answers, "the offer is answered");
        }
    }

    private void EmitEnd(string meeting, string participant, string kind, string? session, string state, string? reason) => _node.Emit(
        meeting, new RoomEvent { Type = RoomEventTypes.SessionState, ParticipantId = participant, SessionId = session, Kind = kind, State = state, Reason = reason });

    private Task<HttpResponseMessage> PublishAsync(string meetingId, string ticket) => _signaling.SendAsync(
        HttpMethod.Post, $"meetings/{meetingId}/whip", new StringContent(Sdp.Publish(), new System.Net.Http.Headers.MediaTypeHeaderValue("application/sdp")), bearer: ticket);
}
