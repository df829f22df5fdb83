using System.Net;
using System.Net.WebSockets;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Tunnels;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Participants whose packets travel on WebSockets of the control API. Real sockets.</summary>
public sealed class TunnelTests : IAsyncLifetime
{
    private static readonly byte[] KeyFrame = [0x10, 0x00, 1, 2, 3, 4];
    private static readonly RoomConnectivity Allowed = new() { AllowTunnels = true };
    private TestNode _node = null!;
    private uint _picture;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync(o => o with { UdpPorts = [0, 0] });
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1, Connectivity = Allowed }, default);
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Publish_OnTunnel_OrdinarySubscriberReceives()
    {
        using var bob = new SyntheticPeer();
        await using var alice = await PublishAsync("alice");
        await SubscribeAsync(bob, "bob");

        await SyntheticPeer.UntilTrueAsync(
            "bob hears and sees alice",
            async () =>
            {
                await SendPictureAsync(alice);
                await alice.SendRtpAsync(TestSdp.AudioSsrc, 111, _picture, [1, 2, 3]);
                return bob.Rtp.Count(packet => IsOf(packet, 96)) > 3 && bob.Rtp.Count(packet => IsOf(packet, 111)) > 3;
            },
            bob);

        Assert.All(bob.Rtp.Where(packet => IsOf(packet, 96)), packet => Assert.Equal(KeyFrame, packet[^KeyFrame.Length..]));
        await SyntheticPeer.UntilTrueAsync("what alice has sent is acknowledged", () => Task.FromResult(alice.Acknowledged == alice.Sent), bob);
        Assert.Equal((0, 1), (await SessionsAsync(loop => loop.TcpSessions), await SessionsAsync(loop => loop.TunnelSessions)));
        Assert.Equal(1, _node.Host.Tunnels.Counters.Open);
    }

    [Fact]
    public async Task Subscribe_OnTunnel_ReceivesOrdinaryPublisher()
    {
        using var alice = new SyntheticPeer();
        await PublishAsync(alice, "alice");
        await using var bob = await SubscribeAsync("bob");

        await UntilSeenAsync(bob, alice);

        Assert.All(bob.Rtp.Where(packet => IsOf(packet, 96)), packet => Assert.Equal(KeyFrame, packet[^KeyFrame.Length..]));
    }

    [Fact]
    public async Task Open_SecondTunnelOfSession_ReplacesTheFirst()
    {
        using var alice = new SyntheticPeer();
        await PublishAsync(alice, "alice");
        await using var first = await SubscribeAsync("bob");
        await UntilSeenAsync(first, alice);
        var session = (await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default)).SessionId;

        await using var second = await TunnelPeer.OpenAsync(_node, "bob", session);
        await UntilSeenAsync(second, alice);

        await first.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((1, 1), (_node.Host.Tunnels.Counters.Open, _node.Host.Tunnels.Counters.Of(StreamEnd.TooManyOfSession)));
    }

    /// <summary>What waits for the reader is bounded, and the others see every picture.</summary>
    [Fact]
    public async Task Subscribe_ReaderStops_OthersSeeEveryPicture()
    {
        using var alice = new SyntheticPeer();
        using var carol = new SyntheticPeer();
        await PublishAsync(alice, "alice");
        await SubscribeAsync(carol, "carol");
        await using var bob = await SubscribeAsync("bob");
        await UntilSeenAsync(bob, alice, carol);
        bob.IsStopped = true;
        carol.Rtp.Clear();
        var large = new byte[1100];
        KeyFrame.CopyTo(large, 0);

        // Three megabytes: more than all buffers between the loop and the reader take.
        const int Pictures = 2800;
        for (var sent = 0; sent < Pictures; sent++)
        {
            Send(alice, large);
            if (sent % 10 == 0)
            {
                await SyntheticPeer.UntilAsync("carol has the pictures so far", () => carol.Rtp.Count(packet => IsOf(packet, 96)) >= sent - 20, alice, carol);
            }
        }

        await SyntheticPeer.UntilAsync("carol has all pictures", () => carol.Rtp.Count(packet => IsOf(packet, 96)) >= Pictures, alice, carol);
        var before = bob.Rtp.Count();
        bob.IsStopped = false;
        await UntilSeenAsync(bob, alice, carol);
        Assert.InRange(bob.Rtp.Count() - before, 1, 700); // of 2,800: what is under way, and 320 KiB that wait at most
    }

    [Theory]
    [InlineData(WebSocketMessageType.Binary, "FFFF00")]
    [InlineData(WebSocketMessageType.Binary, "0801")]
    [InlineData(WebSocketMessageType.Text, "39393939")]
    [InlineData(WebSocketMessageType.Text, "2D31")]
    [InlineData(WebSocketMessageType.Text, "")]
    [InlineData(WebSocketMessageType.Text, "393939393939393939393939393939393939393939")]
    public async Task Send_LyingLengthOrAcknowledgement_EndsThatTunnelOnly(WebSocketMessageType type, string hex)
    {
        using var alice = new SyntheticPeer();
        await PublishAsync(alice, "alice");
        await using var bob = await SubscribeAsync("bob");
        await using var eve = await PublishAsync("eve");
        await UntilSeenAsync(bob, alice);

        await eve.SendRawAsync(Convert.FromHexString(hex), type);

        await eve.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        await UntilSeenAsync(bob, alice);
    }

    /// <summary>A frame in messages of one byte each costs the loop no more than one that comes at once.</summary>
    [Fact]
    public async Task Send_FrameInPieces_LoopGetsItWhole()
    {
        using var bob = new SyntheticPeer();
        await using var alice = await PublishAsync("alice");
        await SubscribeAsync(bob, "bob");
        await SyntheticPeer.UntilTrueAsync(
            "bob sees alice",
            async () =>
            {
                await SendPictureAsync(alice);
                return bob.Rtp.Any(packet => IsOf(packet, 96));
            },
            bob);
        await SyntheticPeer.UntilTrueAsync("the loop has all", async () => await ReceivedAsync() == alice.Sent, bob);
        var before = alice.Sent;
        byte[] picture = [.. KeyFrame, 9, 9];

        var frame = alice.Frame(TestSdp.VideoSsrc, 96, ++_picture * 3000, picture, marker: true);
        foreach (var one in frame[..^1])
        {
            await alice.SendRawAsync([one], WebSocketMessageType.Binary);
        }

        await SyntheticPeer.UntilTrueAsync("the pieces have arrived", () => Task.FromResult(alice.Acknowledged == alice.Sent), bob);
        Assert.Equal(before, await ReceivedAsync());
        await alice.SendRawAsync(frame[^1..], WebSocketMessageType.Binary);
        await SyntheticPeer.UntilAsync("bob has the picture", () => bob.Rtp.Any(packet => packet.AsSpan().EndsWith(picture)), bob);
        Assert.Equal(alice.Sent, await ReceivedAsync());

        async Task<long> ReceivedAsync() => (await Task.WhenAll(_node.Host.Loops.Select(loop => loop.RunAsync(() => loop.Streams.ReceivedBytes, default)))).Sum();
    }

    [Fact]
    public async Task Send_ManyPackets_AreAcknowledgedTogether()
    {
        await using var alice = await PublishAsync("alice");
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 300; i++)
        {
            await SendPictureAsync(alice);
        }

        await SyntheticPeer.UntilTrueAsync("all are acknowledged", () => Task.FromResult(alice.Acknowledged == alice.Sent));
        Assert.InRange(alice.Acknowledgements, 1, 2 + (int)(TimeProvider.System.GetElapsedTime(began) / TunnelReceipts.MaxDelay));
    }

    [Fact]
    public async Task Send_NoiseOnTunnel_OthersGoOn()
    {
        using var alice = new SyntheticPeer();
        await PublishAsync(alice, "alice");
        await using var bob = await SubscribeAsync("bob");
        await using var eve = await PublishAsync("eve");
        await UntilSeenAsync(bob, alice);
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            var noise = new byte[random.Next(0, 300)];
            random.NextBytes(noise);
            await eve.SendAsync(noise);
        }

        await UntilSeenAsync(bob, alice);
        Assert.All(await StatisticsAsync(), loop => Assert.All(loop.Failures, failure => Assert.Equal(0, failure.Value)));
    }

    [Fact]
    public async Task Delete_Participant_ClosesItsTunnel()
    {
        await using var alice = await PublishAsync("alice");

        await _node.Control.DeleteParticipantAsync("r", "alice", default);

        await alice.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        await SyntheticPeer.UntilTrueAsync("no tunnel is open", () => Task.FromResult(_node.Host.Tunnels is { Counters.Open: 0, Limits.Open: 0 }));
        Assert.Equal(1, _node.Host.Tunnels.Counters.Of(StreamEnd.SessionEnded));
    }

    /// <summary>Also a client that never acknowledges loses its tunnel with its session, when nothing more may be sent to it.</summary>
    [Fact]
    public async Task Delete_ParticipantThatNeverAcknowledges_ClosesItsTunnel()
    {
        using var alice = new SyntheticPeer();
        await PublishAsync(alice, "alice");
        await using var bob = await SubscribeAsync("bob");
        bob.Acknowledges = false;
        await UntilSeenAsync(bob, alice);
        var large = new byte[1100];
        KeyFrame.CopyTo(large, 0);
        for (var i = 0; i < 300; i++)
        {
            Send(alice, large);
            await SyntheticPeer.UntilAsync("sent", () => true, alice);
        }

        await SyntheticPeer.UntilTrueAsync("the window is full", async () =>
        {
            var before = bob.Rtp.Count();
            await Task.Delay(200);
            return Send(alice, large) && before == bob.Rtp.Count();
        }, alice);

        await _node.Control.DeleteParticipantAsync("r", "bob", default);

        await bob.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        await SyntheticPeer.UntilTrueAsync("no tunnel is open", () => Task.FromResult(_node.Host.Tunnels is { Counters.Open: 0, Limits.Open: 0 }));
    }

    /// <summary>Who knows the ICE password of a session on a tunnel, as its client does, opens no TCP connection for it.</summary>
    [Fact]
    public async Task Connect_TcpToSessionOnTunnel_IsRejected()
    {
        await using var node = await TestNode.StartAsync(o => o with { TcpPort = 0 });
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1, Connectivity = Allowed }, default);
        using var alice = new SyntheticPeer { IsBehindFirewall = true };
        var answer = await node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice), Tunnel = true }, default);

        alice.Connect(answer.Sdp);

        await SyntheticPeer.UntilAsync("the connection is rejected", () => node.Host.Streams.Of(StreamEnd.UnknownSession) == 1, alice);
        Assert.Equal((0, 0, 0), (node.Host.Streams.Open, node.Host.Streams.Unauthenticated, node.Host.Tunnels.Counters.Open));
    }

    [Fact]
    public async Task Tunnel_InRoomWithoutTunnels_IsRejected()
    {
        using var sdp = new SyntheticPeer();
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);

        var publish = await RejectedAsync(HttpStatusCode.Forbidden, () => _node.Control.PublishAsync("r", "eve", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(sdp), Tunnel = true }, default));
        var subscribe = await RejectedAsync(HttpStatusCode.Forbidden, () => _node.Control.SubscribeAsync("r", "eve", new SubscribeRequest { Generation = 1, Tunnel = true }, default));
        Assert.Equal(("tunnel-denied", "tunnel-denied"), (publish.Code, subscribe.Code));
    }

    [Fact]
    public async Task Update_DeniesTunnelsInACall_EndsOnlySessionsOnTunnels()
    {
        using var alice = new SyntheticPeer();
        using var sdp = new SyntheticPeer();
        await PublishAsync(alice, "alice");
        await using var bob = await SubscribeAsync("bob");
        await UntilSeenAsync(bob, alice);
        await _node.Control.PublishAsync("r", "carol", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(sdp), Tunnel = true }, default); // has not opened its tunnel
        await using var events = await RoomEvents.OpenAsync(_node.Control, "r");

        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);

        await events.UntilAsync("both have ended", e => new[] { "bob", "carol" }.All(name => e.Last(RoomEventTypes.SessionState, name) is { State: "failed", Reason: "path-denied" }));
        await bob.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(alice.IsConnected);
    }

    /// <summary>The rules for addresses say nothing about tunnels, which have a rule of their own.</summary>
    [Fact]
    public async Task Publish_OnlyRelaysAndNoTcp_TunnelsWork()
    {
        var rule = new RoomConnectivity { ForceRelay = true, DenyTcp = true, AllowTunnels = true };
        Assert.Equal(rule, (await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1, Connectivity = rule }, default)).Connectivity);
        await using var alice = await PublishAsync("alice");
        await using var bob = await SubscribeAsync("bob");

        await SyntheticPeer.UntilTrueAsync("bob sees alice", async () =>
        {
            await SendPictureAsync(alice);
            return bob.Rtp.Count(packet => IsOf(packet, 96)) > 3;
        });
    }

    /// <summary>A client on a tunnel looks for another path in vain: what it received on goes on until it has the next tunnel.</summary>
    [Fact]
    public async Task Restart_SecondSessionNeverConnects_FirstGoesOn()
    {
        using var alice = new SyntheticPeer();
        await PublishAsync(alice, "alice");
        await using var first = await SubscribeAsync("bob");
        await UntilSeenAsync(first, alice);

        await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1, Restart = true }, default);
        await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1, Restart = true, Tunnel = true }, default);

        await UntilSeenAsync(first, alice);
    }

    [Fact]
    public async Task Open_SessionOfAnotherOrWithoutTunnel_IsUnknown()
    {
        using var alice = new SyntheticPeer();
        using var sdp = new SyntheticPeer();
        var ordinary = await PublishAsync(alice, "alice");
        var tunnel = (await _node.Control.PublishAsync("r", "bob", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(sdp), Tunnel = true }, default)).SessionId;

        foreach (var (participant, session) in new[] { ("alice", ordinary), ("alice", tunnel), ("bob", "nothing"), ("eve", tunnel) })
        {
            await RejectedAsync(HttpStatusCode.NotFound, () => _node.Control.OpenTunnelAsync("r", participant, session, default));
        }

        Assert.Equal(0, _node.Host.Tunnels.Limits.Open);
    }

    [Fact]
    public async Task Open_MoreThanTheRoomMayHave_IsRejectedUntilOneEnds()
    {
        var session = await OfferAsync("alice");
        var places = Take(TunnelLimits.MaxOfRoom, "r");

        await RejectedAsync(HttpStatusCode.TooManyRequests, () => _node.Control.OpenTunnelAsync("r", "alice", session, default));
        places[0].Dispose();
        places[0].Dispose();

        await using var alice = await TunnelPeer.OpenAsync(_node, "alice", session);
        Assert.Equal(TunnelLimits.MaxOfRoom, _node.Host.Tunnels.Limits.Open);
    }

    /// <summary>Signaling asks the next media node only if this one does not know the session.</summary>
    [Fact]
    public async Task Open_UnknownSessionOnFullNode_IsUnknown()
    {
        for (var room = 0; room < TunnelLimits.MaxOfNode / TunnelLimits.MaxOfRoom; room++)
        {
            Take(TunnelLimits.MaxOfRoom, $"{room}");
        }

        await RejectedAsync(HttpStatusCode.NotFound, () => _node.Control.OpenTunnelAsync("r", "alice", "nothing", default));
        await RejectedAsync(HttpStatusCode.NotFound, () => _node.Control.OpenTunnelAsync("unknown", "alice", "nothing", default));
    }

    [Fact]
    public async Task Open_AgainInFullRoom_ReplacesTheFormerInItsPlace()
    {
        var session = await OfferAsync("alice");
        await using var first = await TunnelPeer.OpenAsync(_node, "alice", session);
        Take(TunnelLimits.MaxOfRoom - 1, "r");

        await using var second = await TunnelPeer.OpenAsync(_node, "alice", session);

        await first.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        await SyntheticPeer.UntilTrueAsync("the former has ended", () => Task.FromResult(_node.Host.Tunnels.Counters.Open == 1));
        Assert.Equal(TunnelLimits.MaxOfRoom, _node.Host.Tunnels.Limits.Open);
    }

    /// <summary>The machine of the caller may be gone: then nobody answers the close frame, and pings fail only after many seconds.</summary>
    [Fact]
    public async Task Delete_ParticipantWhoseCallerIsGone_LeavesThePlaceAtOnce()
    {
        var session = await OfferAsync("alice");
        using var tunnel = await _node.Control.OpenTunnelAsync("r", "alice", session, default); // reads nothing

        await _node.Control.DeleteParticipantAsync("r", "alice", default);

        Assert.Equal(0, _node.Host.Tunnels.Limits.Open);
    }

    /// <summary>A media node may be shared.</summary>
    [Fact]
    public async Task Open_MoreThanATenantMayHave_OthersHavePlaces()
    {
        var session = await OfferAsync("alice");
        for (var room = 0; room < TunnelLimits.MaxOfTenant / TunnelLimits.MaxOfRoom; room++)
        {
            Take(TunnelLimits.MaxOfRoom, $"{room}", "acme");
        }

        await RejectedAsync(HttpStatusCode.TooManyRequests, () => _node.Control.OpenTunnelAsync("r", "alice", session, default, "acme"));
        await RejectedAsync(HttpStatusCode.BadRequest, () => _node.Control.OpenTunnelAsync("r", "alice", session, default, new string('a', 254)));
        using var other = await _node.Control.OpenTunnelAsync("r", "alice", session, default, "globex");
        Assert.Equal(TunnelLimits.MaxOfTenant + 1, _node.Host.Tunnels.Limits.Open);
    }

    /// <summary>Takes places of other sessions of a room.</summary>
    private List<IDisposable> Take(int places, string room, string? tenant = null) => [.. Enumerable.Range(0, places).Select(i => _node.Host.Tunnels.Limits.Take($"{room}-{i}", room, tenant))];

    /// <summary>Opens a session on a tunnel that is not open yet.</summary>
    private async Task<string> OfferAsync(string participant)
    {
        using var sdp = new SyntheticPeer();
        return (await _node.Control.PublishAsync("r", participant, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(sdp), Tunnel = true }, default)).SessionId;
    }

    private static bool IsOf(byte[] packet, byte payloadType) => RtpHeader.TryParse(packet, out var header) && header.PayloadType == payloadType;

    private static async Task<NodeControlException> RejectedAsync<T>(HttpStatusCode status, Func<Task<T>> call)
    {
        var rejection = await Assert.ThrowsAsync<NodeControlException>(call);
        Assert.Equal(status, rejection.Status);
        return rejection;
    }

    private bool Send(SyntheticPeer peer, byte[]? picture = null)
    {
        peer.SendRtp(TestSdp.VideoSsrc, 96, ++_picture * 3000, picture ?? KeyFrame, marker: true);
        return true;
    }

    private Task SendPictureAsync(TunnelPeer peer) => peer.SendRtpAsync(TestSdp.VideoSsrc, 96, ++_picture * 3000, KeyFrame, marker: true);

    /// <summary>Waits until the subscriber has received more pictures of the publisher.</summary>
    private Task UntilSeenAsync(TunnelPeer subscriber, SyntheticPeer publisher, params SyntheticPeer[] others)
    {
        var before = subscriber.Rtp.Count(packet => IsOf(packet, 96));
        return SyntheticPeer.UntilAsync("pictures on the tunnel", () => Send(publisher) && subscriber.Rtp.Count(packet => IsOf(packet, 96)) > before + 3, [publisher, .. others]);
    }

    private async Task<TunnelPeer> PublishAsync(string participant) => await TunnelPeer.OpenAsync(_node, participant, await OfferAsync(participant));

    private async Task<string> PublishAsync(SyntheticPeer peer, string participant)
    {
        var answer = await _node.Control.PublishAsync("r", participant, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default);
        peer.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync($"{participant} is connected", () => peer.IsConnected, peer);
        return answer.SessionId;
    }

    private async Task<TunnelPeer> SubscribeAsync(string participant)
    {
        using var sdp = new SyntheticPeer();
        var offer = await _node.Control.SubscribeAsync("r", participant, new SubscribeRequest { Generation = 1, Tunnel = true }, default);
        var tunnel = await TunnelPeer.OpenAsync(_node, participant, offer.SessionId); // before the answer, as a fast client does
        await _node.Control.AnswerAsync("r", participant, new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, sdp) }, default);
        return tunnel;
    }

    private async Task SubscribeAsync(SyntheticPeer peer, string participant)
    {
        var offer = await _node.Control.SubscribeAsync("r", participant, new SubscribeRequest { Generation = 1 }, default);
        await _node.Control.AnswerAsync("r", participant, new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, peer) }, default);
        peer.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync($"{participant} is connected", () => peer.IsConnected, peer);
    }

    private async Task<int> SessionsAsync(Func<MeetOperator.MediaNode.Statistics.LoopStatistics, int> count) => (await StatisticsAsync()).Sum(count);

    private async Task<MeetOperator.MediaNode.Statistics.LoopStatistics[]> StatisticsAsync() =>
        await Task.WhenAll(_node.Host.Loops.Select(loop => loop.RunAsync(loop.Statistics, default)));
}
