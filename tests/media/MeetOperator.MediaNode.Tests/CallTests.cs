using System.Diagnostics;
using System.Net;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Transport;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sdp;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Calls over real sockets with synthetic clients.</summary>
public sealed class CallTests : IAsyncLifetime
{
    private static readonly byte[] KeyFrame = [0x10, 0x00, 1, 2, 3, 4];
    private static readonly byte[] DeltaFrame = [0x10, 0x01, 1, 2, 3, 4];
    private TestNode _node = null!;
    private RoomEvents _events = null!;

    public Task InitializeAsync() => StartNodeAsync(silence: TimeSpan.FromMinutes(5), absence: TimeSpan.FromMinutes(5));

    public async Task DisposeAsync()
    {
        await _events.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Call_PublishAndSubscribe_ForwardsRtp()
    {
        using var alice = await PublishAsync("alice");
        using var bob = new SyntheticPeer();
        await SubscribeAsync("bob", bob, alice);
        await UntilFlowsAsync(alice, bob);

        var header = Header(bob.Rtp.Last(p => Header(p).PayloadType == 96));
        Assert.NotEqual(TestSdp.VideoSsrc, header.Ssrc);
        Assert.True(alice.WasAskedForKeyFrame());
        var room = await _node.Control.GetRoomAsync("r", default);
        Assert.Equal((2, 2, 2), (room.Participants, room.UpTracks, room.DownTracks));
        Assert.Equal([true, false], room.ParticipantList!.OrderBy(p => p.Participant).Select(p => p.Publishing));
        var report = await _node.Control.GetNodeAsync(default);
        Assert.True(report.ForwardedPackets > 0);
        await _events.UntilAsync("both sessions connected", e => e.All.Count(x => x.State == "connected") == 2);
    }

    /// <summary>A browser that has just sent a key frame ignores a request for another one.</summary>
    [Fact]
    public async Task Subscribe_JustAfterAKeyFrame_StartsWithItAndRequestsNone()
    {
        using var alice = await PublishAsync("alice");
        using var bob = new SyntheticPeer();
        await SubscribeAsync("bob", bob, alice);
        await UntilFlowsAsync(alice, bob);
        using var carol = new SyntheticPeer();
        var offer = await _node.Control.SubscribeAsync("r", "carol", new SubscribeRequest { Generation = 1 }, default);
        await AnswerAsync("carol", carol, offer.Revision, offer.Sdp);
        var (picture, clock) = (0, Stopwatch.StartNew());
        SendPicture(KeyFrame);
        await SyntheticPeer.UntilAsync("bob has the key frame", () => bob.Rtp.Any(p => Header(p) is { PayloadType: 96 } header && p.AsSpan(header.Length).SequenceEqual(KeyFrame)), alice, bob);
        alice.Rtcp.Clear();

        carol.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync("carol sees alice", () => SendNext() && carol.Rtp.Count(p => Header(p).PayloadType == 96) >= 3, alice, bob, carol);

        Assert.False(alice.WasAskedForKeyFrame());
        var video = carol.Rtp.Where(p => Header(p).PayloadType == 96).ToList();
        Assert.Equal(KeyFrame, video[0][Header(video[0]).Length..]);
        Assert.Equal(Header(video[0]).SequenceNumber + 1, Header(video[1]).SequenceNumber);

        // The node needs longer to connect carol when it is busy, so the key frames repeat.
        bool SendNext()
        {
            if (clock.ElapsedMilliseconds >= picture * 20)
            {
                SendPicture(picture % 15 == 0 ? KeyFrame : DeltaFrame);
            }

            return true;
        }

        void SendPicture(byte[] frame) => alice.SendRtp(TestSdp.VideoSsrc, 96, (uint)(++picture * 1_800), frame, marker: true);
    }

    [Fact]
    public async Task Subscribe_AnswerAfterTheHandshake_ConnectsAtOnce()
    {
        using var alice = await PublishAsync("alice");
        using var bob = new SyntheticPeer();
        var offer = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        bob.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync("bob has completed the handshake", () => bob.IsConnected, bob);
        var elapsed = Stopwatch.StartNew();

        await _node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { SessionId = offer.SessionId, Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, bob) }, default);

        // Nothing arrives from bob meanwhile.
        await _events.UntilAsync("bob is connected", e => e.All.Any(x => x is { State: "connected", ParticipantId: "bob" }));
        Assert.True(elapsed.Elapsed < TimeSpan.FromSeconds(2), $"bob was connected after {elapsed.Elapsed}");
    }

    [Fact]
    public async Task Publish_RejectedRestart_KeepsTheSession()
    {
        using var alice = await PublishAsync("alice");
        using var bob = new SyntheticPeer();
        await SubscribeAsync("bob", bob, alice);
        await UntilFlowsAsync(alice, bob);

        await Assert.ThrowsAsync<NodeControlException>(
            () => _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = "v=0\r\nnonsense", Restart = true }, default));

        Assert.Equal(2, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
        bob.Rtp.Clear();
        await UntilFlowsAsync(alice, bob);
    }

    [Fact]
    public async Task Subscribe_OwnTracks_AreNotOffered()
    {
        using var alice = await PublishAsync("alice");

        var offer = await _node.Control.SubscribeAsync("r", "alice", new SubscribeRequest { Generation = 1 }, default);

        Assert.Empty(offer.Tracks);
    }

    [Fact]
    public async Task Offers_ParticipantsJoinAndLeave_AreCoalescedAndReuseSections()
    {
        using var alice = await PublishAsync("alice");
        using var bob = new SyntheticPeer();
        var first = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        Assert.Equal(["alice", "alice"], first.Tracks.Select(t => t.ParticipantId!));
        Assert.Equal(["microphone", "camera"], first.Tracks.Select(t => t.Source));

        // carol and dave join while the first offer is unanswered. No offer follows until it is answered; then one offer contains both.
        using var carol = await PublishAsync("carol");
        using var dave = await PublishAsync("dave");
        Assert.Null(_events.Last(RoomEventTypes.Offer, "bob"));
        await AnswerAsync("bob", bob, first.Revision, first.Sdp);
        await _events.UntilAsync("second offer", e => e.Last(RoomEventTypes.Offer, "bob")?.Revision == first.Revision + 1);
        var second = _events.Last(RoomEventTypes.Offer, "bob")!;
        Assert.Equal(6, second.Tracks!.Count);
        Assert.Contains("a=msid:carol ", second.Sdp, StringComparison.Ordinal);

        // An answer to the older offer is rejected, and the newer offer can still be answered.
        var stale = await Assert.ThrowsAsync<NodeControlException>(() => AnswerAsync("bob", bob, first.Revision, first.Sdp));
        Assert.Equal((HttpStatusCode.Conflict, "stale-revision"), (stale.Status, stale.Code));
        await AnswerAsync("bob", bob, second.Revision!.Value, second.Sdp!);

        // carol leaves: her sections become inactive, and erin's tracks reuse them.
        await _node.Control.DeleteParticipantAsync("r", "carol", default);
        await _events.UntilAsync("third offer", e => e.Last(RoomEventTypes.Offer, "bob")?.Revision == second.Revision + 1);
        var third = _events.Last(RoomEventTypes.Offer, "bob")!;
        Assert.Equal(Directions(second.Sdp!).Count, Directions(third.Sdp!).Count);
        Assert.Equal(2, Directions(third.Sdp!).Count(d => d == MediaDirection.Inactive));
        using var erin = await PublishAsync("erin");
        await AnswerAsync("bob", bob, third.Revision!.Value, third.Sdp!);
        await _events.UntilAsync("fourth offer", e => e.Last(RoomEventTypes.Offer, "bob")?.Revision == third.Revision + 1);
        var fourth = _events.Last(RoomEventTypes.Offer, "bob")!;
        Assert.Equal(6, Directions(fourth.Sdp!).Count);
        Assert.Equal(
            second.Tracks!.Where(t => t.ParticipantId == "carol").Select(t => t.Mid!),
            fourth.Tracks!.Where(t => t.ParticipantId == "erin").Select(t => t.Mid!));
    }

    [Fact]
    public async Task Publish_Renegotiated_RemovesAndRestoresTheCamera()
    {
        using var alice = await PublishAsync("alice");
        using var bob = new SyntheticPeer();
        await SubscribeAsync("bob", bob, alice);

        var first = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice, video: false) }, default);
        await _events.UntilAsync("camera removed", e => e.Last(RoomEventTypes.TrackRemoved)?.Source == "camera");
        await _events.UntilAsync("offer without it", e => e.Last(RoomEventTypes.Offer, "bob")?.Tracks?.Count == 1);
        var second = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default);

        Assert.Equal(first.SessionId, second.SessionId);
        Assert.Equal(2, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
    }

    [Fact]
    public async Task Publish_ClientNetworkChanged_ContinuesInTheSameSession()
    {
        using var alice = await PublishAsync("alice");
        using var bob = new SyntheticPeer();
        await SubscribeAsync("bob", bob, alice);
        await UntilFlowsAsync(alice, bob);

        for (var i = 0; i < 3; i++)
        {
            var before = alice.LocalEndPoint;
            alice.Move();
            var answer = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default);
            alice.Connect(answer.Sdp);
            alice.Rtcp.Clear();
            bob.Rtp.Clear();
            await UntilFlowsAsync(alice, bob);
            await SyntheticPeer.UntilAsync("the node's reports reach the new address", () => SendBoth(alice) && alice.Rtcp.Count > 0, alice, bob);
            Assert.NotEqual(before, alice.LocalEndPoint);
        }

        Assert.DoesNotContain(_events.All, e => e.ParticipantId == "alice" && (e.Type == RoomEventTypes.TrackRemoved || e.State == "closed"));
    }

    /// <summary>The rejected offer also restarts ICE, which must have no effect.</summary>
    [Fact]
    public async Task Publish_RejectedIceRestart_KeepsTheNodesCredentials()
    {
        using var alice = await PublishAsync("alice");
        using var other = new SyntheticPeer();
        var unusable = TestSdp.Publish(other).Replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-1 ", StringComparison.Ordinal);
        var before = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default);

        await Assert.ThrowsAsync<NodeControlException>(
            () => _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = unusable }, default));

        var after = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default);
        Assert.Equal(Ufrag(before.Sdp), Ufrag(after.Sdp));
    }

    /// <summary>A receiver continues from its last sequence number. It would drop a lower number as old and treat a higher one as a gap.</summary>
    [Fact]
    public async Task Subscribe_SectionRejectedThenAccepted_ContinuesSequenceNumbers()
    {
        using var alice = await PublishAsync("alice");
        using var bob = new SyntheticPeer();
        var offer = await SubscribeAsync("bob", bob, alice);
        await UntilFlowsAsync(alice, bob);

        for (var i = 0; i < 4; i++)
        {
            var rejecting = TestSdp.Answer(offer.Sdp, bob).Replace("a=recvonly", "a=inactive", StringComparison.Ordinal);
            await _node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = rejecting }, default);
            bob.Pump();
            var last = Header(bob.Rtp.Last(p => Header(p).PayloadType == 96));
            bob.Rtp.Clear();
            await AnswerAsync("bob", bob, offer.Revision, offer.Sdp);
            await UntilFlowsAsync(alice, bob);

            var first = Header(bob.Rtp.First(p => Header(p).PayloadType == 96));
            Assert.Equal(last.Ssrc, first.Ssrc);
            Assert.Equal((ushort)(last.SequenceNumber + 1), first.SequenceNumber);
        }
    }

    [Fact]
    public async Task Publish_RenegotiatedWithoutIceRestart_KeepsTheNodesCredentials()
    {
        using var alice = await PublishAsync("alice");
        async Task<string> UfragAsync() => Ufrag((await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default)).Sdp);

        var first = await UfragAsync();
        Assert.Equal(first, await UfragAsync());
        alice.Move();
        Assert.NotEqual(first, await UfragAsync());
    }

    [Fact]
    public async Task Publish_Renegotiated_KeepsSessionIdAndIncrementsVersion()
    {
        using var alice = new SyntheticPeer();
        async Task<string[]> OriginAsync(string sdp, bool restart = false) =>
            (await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = sdp, Restart = restart }, default)).Sdp
            .Split("\r\n").First(l => l.StartsWith("o=", StringComparison.Ordinal)).Split(' ');

        var first = await OriginAsync(TestSdp.Publish(alice));
        var second = await OriginAsync(TestSdp.Publish(alice, video: false));
        var other = await OriginAsync(TestSdp.Publish(alice), restart: true);

        Assert.Equal((first[1], "1", "2"), (second[1], first[2], second[2]));
        Assert.NotEqual(first[1], other[1]);
    }

    [Fact]
    public async Task EndSession_ConnectedPeer_SendsCloseNotify()
    {
        using var alice = await PublishAsync("alice");
        using var bob = new SyntheticPeer();
        await SubscribeAsync("bob", bob, alice);

        await _node.Control.DeleteParticipantAsync("r", "bob", default);
        await SyntheticPeer.UntilAsync("bob's transport is closed", () => bob.State == PeerTransportState.Closed, bob);
        await _node.Control.DeleteRoomAsync("r", 1, default);
        await SyntheticPeer.UntilAsync("alice's transport is closed", () => alice.State == PeerTransportState.Closed, alice);
    }

    [Fact]
    public async Task Publish_SeveralFingerprints_OneMatchSuffices()
    {
        using var alice = new SyntheticPeer();
        var wrong = "a=fingerprint:sha-1 AA\r\na=fingerprint:sha-512 " + string.Join(':', Enumerable.Repeat("AB", 64)) + "\r\na=fingerprint:";
        var offer = TestSdp.Publish(alice).Replace("a=fingerprint:", wrong, StringComparison.Ordinal);
        var answer = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = offer }, default);
        alice.Connect(answer.Sdp);

        await SyntheticPeer.UntilAsync("alice connected", () => alice.IsConnected, alice);
    }

    [Fact]
    public async Task Publish_NamedSources_AppearInTracksAndStreamIds()
    {
        using var alice = new SyntheticPeer();
        var offer = new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice), Tracks = [new TrackDescription { Mid = "1", Kind = "video", Source = "screen" }] };
        await _node.Control.PublishAsync("r", "alice", offer, default);

        var seen = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);

        Assert.Equal(["microphone", "screen"], seen.Tracks.Select(t => t.Source));
        Assert.Contains("a=msid:alice-screen ", seen.Sdp, StringComparison.Ordinal);
        var wrong = offer with { Tracks = [new TrackDescription { Mid = "1", Kind = "video", Source = "whiteboard" }] };
        var problem = await Assert.ThrowsAsync<NodeControlException>(() => _node.Control.PublishAsync("r", "alice", wrong, default));
        Assert.Contains("unknown source 'whiteboard'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mute_Audio_StopsForwardingUntilUnmuted()
    {
        using var alice = await PublishAsync("alice");
        using var bob = new SyntheticPeer();
        await SubscribeAsync("bob", bob, alice);
        await UntilFlowsAsync(alice, bob);

        await _node.Control.MuteAsync("r", "alice", new TrackMuteRequest { Muted = new MuteState { Microphone = true } }, default);
        bob.Pump();
        bob.Rtp.Clear();
        await SyntheticPeer.UntilAsync("20 video packets", () => SendBoth(alice) && bob.Rtp.Count(p => Header(p).PayloadType == 96) >= 20, alice, bob);
        Assert.DoesNotContain(bob.Rtp, p => Header(p).PayloadType == 111);

        await _node.Control.MuteAsync("r", "alice", new TrackMuteRequest { Muted = new MuteState { Microphone = false } }, default);
        await SyntheticPeer.UntilAsync("audio again", () => SendBoth(alice) && bob.Rtp.Exists(p => Header(p).PayloadType == 111), alice, bob);
    }

    [Fact]
    public async Task Mute_Camera_KeepsTheScreenAndMutesALaterCamera()
    {
        using var alice = new SyntheticPeer();
        var offer = new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice), Tracks = [new TrackDescription { Mid = "1", Kind = "video", Source = "screen" }] };
        alice.Connect((await _node.Control.PublishAsync("r", "alice", offer, default)).Sdp);
        using var bob = new SyntheticPeer();
        await SubscribeAsync("bob", bob, alice);

        await _node.Control.MuteAsync("r", "alice", new TrackMuteRequest { Muted = new MuteState { Camera = true } }, default);
        await UntilFlowsAsync(alice, bob);

        // The same section becomes a camera, which is muted from its first packet.
        await _node.Control.PublishAsync("r", "alice", offer with { Tracks = [] }, default);
        await _events.UntilAsync("the camera is offered", e => e.Last(RoomEventTypes.Offer, "bob")?.Tracks?.Any(t => t.Source == "camera") == true);
        var camera = _events.Last(RoomEventTypes.Offer, "bob")!;
        await AnswerAsync("bob", bob, camera.Revision!.Value, camera.Sdp!);
        bob.Pump();
        bob.Rtp.Clear();
        await SyntheticPeer.UntilAsync("audio", () => SendBoth(alice) && bob.Rtp.Count(p => Header(p).PayloadType == 111) >= 20, alice, bob);
        Assert.DoesNotContain(bob.Rtp, p => Header(p).PayloadType == 96);

        await _node.Control.MuteAsync("r", "alice", new TrackMuteRequest { Muted = new MuteState { Camera = false } }, default);
        await UntilFlowsAsync(alice, bob);
    }

    [Fact]
    public async Task Play_NothingPublished_IsRejectedAndAddsNoParticipant()
    {
        using var player = new SyntheticPeer();
        await _node.Control.PutParticipantAsync("r", "alice", new ParticipantSpec { Generation = 1 }, default);

        foreach (var feeds in new string[][] { [], ["alice"], ["nobody"] })
        {
            var problem = await Assert.ThrowsAsync<NodeControlException>(
                () => _node.Control.PlayAsync("r", "bob", new PlayRequest { Generation = 1, Sdp = TestSdp.Play(player), Feeds = feeds }, default));
            Assert.Equal((HttpStatusCode.Conflict, "nothing-to-play"), (problem.Status, problem.Code));
        }

        Assert.Equal(1, (await _node.Control.GetRoomAsync("r", default)).Participants);
    }

    [Fact]
    public async Task Play_FeedCodecNotOffered_IsRejectedWithTheCodecName()
    {
        using var alice = await PublishAsync("alice");
        using var player = new SyntheticPeer();
        var sdp = TestSdp.Play(player, audio: false).Replace("VP8", "AV1", StringComparison.Ordinal);

        var problem = await Assert.ThrowsAsync<NodeControlException>(() => _node.Control.PlayAsync("r", "bob", new PlayRequest { Generation = 1, Sdp = sdp }, default));

        Assert.Equal("invalid-sdp", problem.Code);
        Assert.Contains("VP8 (camera)", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Play_StandardPlayer_ReceivesTheFeedUntilItEnds()
    {
        using var alice = await PublishAsync("alice");
        using var player = new SyntheticPeer();

        var answer = await _node.Control.PlayAsync("r", "bob", new PlayRequest { Generation = 1, Sdp = TestSdp.Play(player), Feeds = ["alice"] }, default);
        Assert.Equal([("a", "microphone"), ("v", "camera")], answer.Tracks.Select(t => (t.Mid!, t.Source)));
        player.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync("media under the player's payload types", () => SendBoth(alice)
            && player.Rtp.Exists(p => Header(p).PayloadType == 120) && player.Rtp.Exists(p => Header(p).PayloadType == 109), alice, player);

        await _node.Control.DeleteSessionAsync("r", answer.SessionId, default);
        await _events.UntilAsync("closed", e => e.All.Any(x => x.SessionId == answer.SessionId && x.State == "closed"));
        Assert.Equal(0, (await _node.Control.GetRoomAsync("r", default)).DownTracks);
    }

    [Fact]
    public async Task Play_WithoutRtx_RetransmitsAnAuthenticPacket()
    {
        using var alice = await PublishAsync("alice");
        using var player = new SyntheticPeer();
        var answer = await _node.Control.PlayAsync("r", "bob", new PlayRequest { Generation = 1, Sdp = TestSdp.Play(player, rtx: false), Feeds = ["alice"] }, default);
        player.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync("both connected", () => player.IsConnected, alice, player);

        // The fourth video datagram is lost. The player detects the gap, requests the packet and decrypts the retransmission.
        player.LoseRtp = (payloadType, count) => payloadType == 120 && count == 4;
        await SyntheticPeer.UntilAsync("a gap", () => SendBoth(alice) && Video(player).Count > 10, alice, player);
        var (ssrc, missing) = (Header(player.Rtp.First(p => Header(p).PayloadType == 120)).Ssrc, (ushort)(Video(player)[0] + 3));
        Assert.DoesNotContain(missing, Video(player));
        var nack = new byte[64];
        var writer = new RtcpWriter(nack);
        writer.AddReceiverReport(1);
        writer.AddNack(1, ssrc, [missing]);
        player.SendRtcp(writer.Written);

        await SyntheticPeer.UntilAsync("the packet", () => Video(player).Contains(missing), alice, player);
    }

    [Fact]
    public async Task Subscribe_Restart_OpensANewSession()
    {
        using var alice = await PublishAsync("alice");
        using var bob = new SyntheticPeer();
        var old = await SubscribeAsync("bob", bob, alice);
        Assert.Equal(old.SessionId, (await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default)).SessionId);

        using var again = new SyntheticPeer();
        var fresh = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1, Restart = true }, default);
        Assert.NotEqual(old.SessionId, fresh.SessionId);
        await AnswerAsync("bob", again, fresh.Revision, fresh.Sdp);
        again.Connect(fresh.Sdp);
        await UntilFlowsAsync(alice, again);
    }

    [Fact]
    public async Task Client_Silent_IsRemovedWithItsTracks()
    {
        await StartNodeAsync(silence: TimeSpan.FromSeconds(3), absence: TimeSpan.FromSeconds(4));
        var alice = await PublishAsync("alice");
        using var bob = new SyntheticPeer();
        await SubscribeAsync("bob", bob, alice);
        alice.Dispose();
        byte[] report = [0x80, 201, 0, 1, 0, 0, 0, 1];
        Task UntilAsync(string what, Func<bool> condition) => SyntheticPeer.UntilAsync(
            what,
            () =>
            {
                bob.SendRtcp(report); // otherwise bob is silent too
                return condition();
            },
            bob);

        await UntilAsync("session failed", () => _events.All.Any(e => e.ParticipantId == "alice" && e.State == "failed"));
        await UntilAsync("tracks removed", () => _events.All.Count(e => e.Type == RoomEventTypes.TrackRemoved) == 2);
        await UntilAsync("participant removed", () => _events.Last(RoomEventTypes.ParticipantLeft, "alice")?.Reason == "timeout");
        await UntilAsync("empty offer", () => _events.Last(RoomEventTypes.Offer, "bob")?.Tracks?.Count is 0);
    }

    [Fact]
    public async Task Participant_WithoutTransport_IsRemovedWhenNotRefreshed()
    {
        // Long, because a busy machine can stop this process for seconds.
        var absence = TimeSpan.FromSeconds(8);
        await StartNodeAsync(silence: absence, absence);
        for (var started = Stopwatch.StartNew(); started.Elapsed < absence * 1.25;)
        {
            await _node.Control.PutParticipantAsync("r", "quiet", new ParticipantSpec { Generation = 1 }, default);
            await Task.Delay(100);
        }

        Assert.Null(_events.Last(RoomEventTypes.ParticipantLeft));
        await _events.UntilAsync("timeout", e => e.Last(RoomEventTypes.ParticipantLeft, "quiet")?.Reason == "timeout");
    }

    [Fact]
    public async Task Events_NewReader_StartWithCurrentOffersThenReady()
    {
        using var alice = await PublishAsync("alice");
        var offer = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);

        await using var second = await RoomEvents.OpenAsync(_node.Control, "r");

        Assert.Equal([RoomEventTypes.Offer, RoomEventTypes.Ready], second.All.Take(2).Select(e => e.Type));
        Assert.Equal((offer.Revision, offer.Sdp), (second.All[0].Revision!.Value, second.All[0].Sdp));
        await _node.Control.DeleteRoomAsync("r", 1, default);
        await second.UntilAsync("the end", e => e.HasEnded);
        await _events.UntilAsync("the end of the first stream", e => e.HasEnded);
        Assert.Equal("deleted", second.Last(RoomEventTypes.RoomEnded)!.Reason);
    }

    [Fact]
    public async Task Stop_Node_SendsTheReasonToEveryRoom()
    {
        await _node.StopAsync();

        await _events.UntilAsync("stream end", e => e.HasEnded);
        Assert.Equal("node-shutdown", _events.Last(RoomEventTypes.RoomEnded)!.Reason);
    }

    /// <summary>Starts the node, in place of the one that runs.</summary>
    private async Task StartNodeAsync(TimeSpan silence, TimeSpan absence)
    {
        if (_node is not null)
        {
            await DisposeAsync();
        }

        _node = await TestNode.StartAsync(o => o with { SilenceTimeout = silence, ParticipantTimeout = absence });
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        _events = await RoomEvents.OpenAsync(_node.Control, "r");
    }

    private static RtpHeader Header(byte[] packet)
    {
        Assert.True(RtpHeader.TryParse(packet, out var header));
        return header;
    }

    private static List<MediaDirection> Directions(string sdp)
    {
        Assert.True(SessionDescription.TryParse(sdp, out var description, out _));
        return [.. description.Sections.Select(s => s.Direction)];
    }

    private static string Ufrag(string sdp) => sdp.Split("\r\n").First(l => l.StartsWith("a=ice-ufrag:", StringComparison.Ordinal));

    private static List<ushort> Video(SyntheticPeer player) => [.. player.Rtp.Select(Header).Where(h => h.PayloadType == 120).Select(h => h.SequenceNumber)];

    private static bool SendBoth(SyntheticPeer publisher)
    {
        publisher.SendRtp(TestSdp.AudioSsrc, 111, 0, [1, 2, 3]);
        publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, publisher.WasAskedForKeyFrame() ? KeyFrame : DeltaFrame, marker: true);
        return true;
    }

    private static Task UntilFlowsAsync(SyntheticPeer from, SyntheticPeer to) => SyntheticPeer.UntilAsync(
        "audio and video", () => SendBoth(from) && to.Rtp.Exists(p => Header(p).PayloadType == 111) && to.Rtp.Exists(p => Header(p).PayloadType == 96), from, to);

    private async Task<SyntheticPeer> PublishAsync(string name)
    {
        var peer = new SyntheticPeer();
        var answer = await _node.Control.PublishAsync("r", name, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default);
        peer.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync($"{name} connected", () => peer.IsConnected, peer);
        return peer;
    }

    private async Task<SubscribeOffer> SubscribeAsync(string name, SyntheticPeer peer, SyntheticPeer publisher)
    {
        var offer = await _node.Control.SubscribeAsync("r", name, new SubscribeRequest { Generation = 1 }, default);
        await AnswerAsync(name, peer, offer.Revision, offer.Sdp);
        peer.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync($"{name} connected", () => peer.IsConnected, peer, publisher);
        return offer;
    }

    private Task AnswerAsync(string name, SyntheticPeer peer, int revision, string sdp) =>
        _node.Control.AnswerAsync("r", name, new SubscribeAnswer { Revision = revision, Sdp = TestSdp.Answer(sdp, peer) }, default);
}
