using System.Collections.Concurrent;
using System.Diagnostics;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Hub;

/// <summary>Tests the interactions of participants in one meeting on one server.</summary>
public sealed class ConversationTests(ConversationTests.Server server) : IClassFixture<ConversationTests.Server>
{
    public sealed class Server : ServerFixture
    {
        /// <summary>Doubles the reconnect timeout, because a busy machine can delay reconnects.</summary>
        protected override SignalingOptions Configure(SignalingOptions options) =>
            options with { Timings = options.Timings with { ReconnectTimeout = TimeSpan.FromSeconds(8) } };
    }

    private TestSignaling Signaling => server.Signaling;

    [Fact]
    public async Task Chat_SeveralSenders_IsOrderedAndReplayed()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        for (var i = 1; i <= 10; i++)
        {
            await (i % 2 == 0 ? ann : bob).SendAsync(new { type = "chat", message = $"line {i} \U0001F600 <script>" });
        }

        await ann.ExpectAsync("chat", m => (string?)m["messageId"] == "10");
        await bob.ExpectAsync("chat", m => (string?)m["messageId"] == "10");
        Assert.Equal(ann.OfType("chat").Select(m => m.ToJsonString()), bob.OfType("chat").Select(m => m.ToJsonString()));
        Assert.Equal(Enumerable.Range(1, 10).Select(i => $"{i}"), ann.OfType("chat").Select(m => (string?)m["messageId"]));

        await using var late = await Signaling.EnterAsync(meeting.MeetingId, "Late");
        await late.ExpectAsync("chat", m => (string?)m["messageId"] == "10");
        Assert.Equal(ann.OfType("chat").Select(m => m.ToJsonString()), late.OfType("chat").Select(m => m.ToJsonString()));
        Assert.Equal("joined", (string?)late.Received[0]["type"]);
    }

    [Fact]
    public async Task Chat_DirectionOverrideAndInvisible_AreRemoved()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");

        await ann.SendAsync(new { type = "chat", message = "invoice\u202Efdp.exe e\u0301\u200B" });

        Assert.Equal("invoicefdp.exe \u00E9", (string?)(await bob.ExpectAsync("chat"))["message"]);
    }

    [Fact]
    public async Task Message_WhileTraced_StartsTraceOfItsSteps()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "MeetOperator.Signaling",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await ann.SendAsync(new { type = "chat", message = "hello" });
        await ann.ExpectAsync("chat");

        bool IsStepOf(Activity step, Activity message) => step.DisplayName == "meeting step" && step.ParentSpanId == message.SpanId && step.TraceId == message.TraceId;
        await Eventually.TrueAsync(
            () => spans.Any(message => message.DisplayName == "message ChatMessage" && message.ParentSpanId == default && spans.Any(step => IsStepOf(step, message))),
            "the message has a trace of its own, with a step of the meeting");
    }

    [Fact]
    public async Task Replay_LongHistory_SendsLastHundredMessages()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        for (var i = 1; i <= 103; i++)
        {
            // Written to the database directly, because sockets are rate limited.
            await Signaling.Service<IChatRepository>().AppendAsync(
                new ChatRow { Tenant = TestCluster.Tenant, MeetingId = meeting.MeetingId, SenderId = ann.Id, DisplayName = "Ann", Content = $"line {i}", Reference = $"r{i}" }, default);
        }

        await ann.SendAsync(new { type = "chat", message = "line 104" });
        await ann.ExpectAsync("chat", m => (string?)m["messageId"] == "104");
        await using var late = await Signaling.EnterAsync(meeting.MeetingId, "Late");
        await late.ExpectAsync("chat", m => (string?)m["messageId"] == "104");
        Assert.Equal(Enumerable.Range(5, 100).Select(i => $"{i}"), late.OfType("chat").Select(m => (string?)m["messageId"]));
    }

    [Fact]
    public async Task Relay_PeerToPeerMeeting_ForwardsMessagesUnchanged()
    {
        var meeting = await Signaling.CreateAsync(new { mode = "P2P", maxParticipants = 2 });
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        Assert.Equal("p2p", (string?)bob.OfType("joined")[0]["topology"]);

        await bob.SendAsync(new { type = "offer", to = ann.Id, sdp = Sdp.Publish() });
        var offer = await ann.ExpectAsync("offer");
        Assert.Equal((bob.Id, Sdp.Publish()), ((string?)offer["from"], (string?)offer["sdp"]));
        await ann.SendAsync(new { type = "answer", to = bob.Id, sdp = Sdp.Answer() });
        Assert.Equal(ann.Id, (string?)(await bob.ExpectAsync("answer"))["from"]);
        var candidate = new { candidate = "candidate:1 1 udp 1 192.0.2.1 5000 typ host", sdpMid = "0", sdpMLineIndex = 0, usernameFragment = "abcd" };
        await ann.SendAsync(new { type = "ice-candidate", to = bob.Id, candidate });
        Assert.Equal(candidate.candidate, (string?)(await bob.ExpectAsync("ice-candidate"))["candidate"]!["candidate"]);

        await ann.SendAsync(new { type = "offer", to = Guid.NewGuid().ToString(), sdp = Sdp.Publish() });
        Assert.Equal("unknown-participant", (string?)(await ann.ExpectAsync("error"))["code"]);
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await ann.ExpectAsync("error", m => (string?)m["code"] == "not-placed");
    }

    [Fact]
    public async Task Offer_ForOneHundredParticipants_IsAccepted()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        // The length of Chromium's offer with 200 sections, as measured by tests/page.
        var sdp = Sdp.Publish() + string.Concat(Enumerable.Repeat("a=ssrc:1234567890 cname:abcdefgh\r\n", 7_400));
        Assert.InRange(sdp.Length, 242_000, 300_000);
        await ann.SendAsync(new { type = "offer", to = "sfu", sdp });
        await ann.ExpectAsync("answer");
    }

    [Fact]
    public async Task Relay_SfuMeeting_ReturnsForbidden()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await ann.SendAsync(new { type = "offer", to = bob.Id, sdp = Sdp.Publish() });
        await ann.SendAsync(new { type = "answer", to = bob.Id, sdp = Sdp.Answer() });
        await ann.SendAsync(new { type = "ice-candidate", to = bob.Id, candidate = "candidate:1" });
        await Eventually.TrueAsync(() => ann.OfType("error").Count(m => (string?)m["code"] == "forbidden") == 3, "all three messages are rejected");
        await ann.SendAsync(new { type = "chat", message = "after them" });
        await bob.ExpectAsync("chat");
        Assert.DoesNotContain(bob.Received, m => (string?)m["from"] == ann.Id && (string?)m["type"] != "chat");
    }

    [Fact]
    public async Task Relay_LargeFrames_AreLimitedBySerializedSize()
    {
        var meeting = await Signaling.CreateAsync(new { mode = "P2P", maxParticipants = 2 });
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");

        // Each of these characters has six bytes in JSON, so 20,000 exceed 32 KiB.
        await ann.SendAsync(new { type = "offer", to = bob.Id, sdp = "v=0\r\n" + new string('\u0001', 20_000) });
        Assert.Equal("too-large", (string?)(await ann.ExpectAsync("error"))["code"]);

        // The burst of 256 KiB allows nine frames of 28 KB.
        for (var i = 0; i < 20; i++)
        {
            await ann.SendAsync(new { type = "offer", to = bob.Id, sdp = "v=0\r\n" + new string('\u0001', 4_700) });
        }

        await ann.ExpectAsync("error", m => (string?)m["code"] == "rate-limited");
        await bob.ExpectAsync("offer");
    }

    [Fact]
    public async Task Relay_NotAcknowledged_ReturnsErrorExceptForOldVersions()
    {
        var meeting = await Signaling.CreateAsync(new { mode = "P2P", maxParticipants = 4 });
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        var key = new MeetingKey(TestCluster.Tenant, meeting.MeetingId);
        var bus = Signaling.Service<IMeetingBus>();
        var others = new[] { "older", "dead" };
        foreach (var other in others)
        {
            var entry = new PresenceEntry { ParticipantId = other, DisplayName = other, Role = "participant", Instance = other, Connection = other, Connected = true, AcknowledgesFrames = other == "dead" };
            await bus.Presence.EnterAsync(key, entry, 100, TimeSpan.FromMinutes(2), default);
        }

        await bus.PublishAsync(key, new BusEvent { Kind = BusEventKind.Presence }, default);
        foreach (var other in others)
        {
            await ann.ExpectAsync("participant-joined", m => (string?)m["participant"]!["participantId"] == other);
            await ann.SendAsync(new { type = "offer", to = other, sdp = Sdp.Publish() });
        }

        // An error for the first participant would have arrived earlier.
        Assert.Equal("unavailable", (string?)(await ann.ExpectAsync("error"))["code"]);
        await Marker.ExpireAsync(Signaling, meeting.MeetingId, Signaling.Options.Timings.RelayAcknowledgementTimeout, ann);
        Assert.Single(ann.OfType("error"));
    }

    [Fact]
    public async Task Relay_ToParticipantOfOtherMeeting_ReturnsUnknownParticipant()
    {
        var one = await Signaling.CreateAsync(new { mode = "P2P", maxParticipants = 2 });
        var two = await Signaling.CreateAsync(new { mode = "P2P", maxParticipants = 2 });
        await using var ann = await Signaling.EnterAsync(one.MeetingId, "Ann");
        await using var spy = await Signaling.EnterAsync(two.MeetingId, "Spy");
        await spy.SendAsync(new { type = "offer", to = ann.Id, sdp = Sdp.Publish() });
        Assert.Equal("unknown-participant", (string?)(await spy.ExpectAsync("error"))["code"]);
        Assert.Empty(ann.OfType("offer"));
    }

    [Fact]
    public async Task Mute_OwnCamera_IsAnnouncedAndKept()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await ann.SendAsync(new { type = "mute", mediaType = "video" });
        var update = await bob.ExpectAsync("media-update");
        Assert.Equal((ann.Id, true, false), ((string?)update["participantId"], (bool)update["audio"]!, (bool)update["video"]!));
        await using var late = await Signaling.EnterAsync(meeting.MeetingId, "Late");
        var seen = late.OfType("joined")[0]["participants"]!.AsArray().Single(p => (string?)p!["participantId"] == ann.Id)!;
        Assert.Equal((true, false), ((bool)seen["audio"]!, (bool)seen["video"]!));

        // The node enforces the mute, but only for the camera: a shared screen is not affected.
        await Eventually.TrueAsync(() => IsMuted("camera"), "the node mutes the camera");
        Assert.False(IsMuted("screen"));
        await using var back = await TestClient.OpenByTicketAsync(ann.Join, Signaling.Address);
        await back.JoinAsync();
        await back.SendAsync(new { type = "offer", to = "sfu", sdp = Sdp.Publish() });
        await back.ExpectAsync("answer");
        Assert.True(IsMuted("camera"), "the camera stays muted after a reconnect");
        await back.SendAsync(new { type = "unmute", mediaType = "video" });
        await late.ExpectAsync("media-update", m => (bool)m["video"]!);
        await Eventually.TrueAsync(() => !IsMuted("camera"), "the node forwards the camera");

        bool IsMuted(string source) => server.Node.Read(meeting.MeetingId, r => r.Participants[ann.Id].IsMuted(source));
    }

    [Fact]
    public async Task Join_Muted_OthersSeeItFromTheBeginning()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await TestClient.OpenAsync(await Signaling.JoinAsync(meeting.MeetingId, "Bob"));
        await bob.SendAsync(new { type = "join", participantId = bob.Id, capabilities = new { }, muted = new { audio = true, video = false } });

        var seen = (await ann.ExpectAsync("participant-joined"))["participant"]!;
        Assert.Equal((false, true), ((bool)seen["audio"]!, (bool)seen["video"]!));
        Assert.False((bool)(await bob.ExpectAsync("joined"))["muted"]!["audio"]!, "nobody else has muted Bob");
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => r.Participants.TryGetValue(bob.Id, out var p) && p.IsMuted("microphone") && !p.IsMuted("camera")), "the node mutes the microphone");

        // A message about what the others know is confirmed.
        await bob.SendAsync(new { type = "mute", mediaType = "audio", reference = "audio-1" });
        await bob.ExpectAsync("media-update", m => (string?)m["reference"] == "audio-1" && !(bool)m["audio"]!);
        await bob.SendAsync(new { type = "unmute", mediaType = "audio" });
        await ann.ExpectAsync("media-update", m => (bool)m["audio"]!);
        Assert.Single(ann.OfType("media-update"));
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => !r.Participants[bob.Id].IsMuted("microphone")), "the node forwards the microphone");
    }

    [Fact]
    public async Task MuteOnEntry_Enabled_MutesAllButHost()
    {
        var meeting = await Signaling.CreateAsync(new { muteOnEntry = true });
        await using var host = await Signaling.EnterAsync(meeting.MeetingId, "Host", meeting.HostToken);
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        Assert.False((bool)host.OfType("joined")[0]["muted"]!["audio"]!);
        Assert.True((bool)bob.OfType("joined")[0]["muted"]!["audio"]!);
        Assert.False((bool)(await host.ExpectAsync("participant-joined"))["participant"]!["audio"]!);
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => r.Participants.TryGetValue(bob.Id, out var p) && p.IsMuted("microphone")), "the node mutes the microphone");
        await bob.SendAsync(new { type = "unmute", mediaType = "audio" });
        await host.ExpectAsync("media-update", m => (bool)m["audio"]!);
        await Eventually.TrueAsync(() => server.Node.Read(meeting.MeetingId, r => !r.Participants[bob.Id].IsMuted("microphone")), "the node forwards the microphone");
    }

    [Fact]
    public async Task SocketLost_ReconnectInTime_IsNotAnnounced()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await bob.SendAsync(new { type = "mute", mediaType = "audio" });
        await ann.ExpectAsync("media-update");
        bob.Abort();
        await using var back = await TestClient.OpenByTicketAsync(bob.Join, Signaling.Address);
        await back.JoinAsync();
        await back.SendAsync(new { type = "chat", message = "here again" });
        await ann.ExpectAsync("chat", m => (string?)m["from"] == bob.Id);
        // Bob's reconnect timeout expires before Eve's, so Bob's departure would be announced first.
        var eve = await Signaling.EnterAsync(meeting.MeetingId, "Eve");
        eve.Abort();
        await ann.ExpectAsync("participant-left", m => (string?)m["participantId"] == eve.Id);
        Assert.Single(ann.OfType("participant-left"));
        Assert.Single(ann.OfType("participant-joined"), m => (string?)m["participant"]!["participantId"] == bob.Id);
        await eve.DisposeAsync();
        Assert.False((bool)back.OfType("joined")[0]["muted"]!["audio"]!);
        await bob.DisposeAsync();
    }

    [Fact]
    public async Task SocketLost_NoReconnect_IsAnnouncedAsTimeout()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        bob.Abort();
        Assert.Equal("timeout", (string?)(await ann.ExpectAsync("participant-left"))["reason"]);
        await using var back = await TestClient.OpenByTicketAsync(bob.Join, Signaling.Address);
        await back.JoinAsync();
        await Eventually.TrueAsync(() => ann.OfType("participant-joined").Count == 2, "the return is announced");
        Assert.Equal(bob.Id, (string?)ann.OfType("participant-joined")[1]["participant"]!["participantId"]);
        await bob.DisposeAsync();
    }

    [Fact]
    public async Task Join_SecondSocketOfParticipant_ReplacesFirst()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var first = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        await using var second = await TestClient.OpenByTicketAsync(first.Join, Signaling.Address);
        await second.JoinAsync();
        Assert.Equal(CloseCode.Replaced, await first.ExpectCloseAsync());
        await second.SendAsync(new { type = "chat", message = "me" });
        await ann.ExpectAsync("chat");
        Assert.Empty(ann.OfType("participant-left"));
        Assert.Single(ann.OfType("participant-joined"));
    }
}
