using System.Net;
using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A room that limits how participants reach the media node, with clients that keep to it and clients that do not. 127.0.0.9 stands for a relay.</summary>
public sealed class DeniedPathTests : IAsyncLifetime
{
    private static readonly IPAddress Relay = IPAddress.Parse("127.0.0.9");
    private static readonly RoomConnectivity NoTcp = new() { DenyTcp = true };
    private static readonly RoomConnectivity NoTurn = new() { DenyTurn = true };
    private static readonly RoomConnectivity RelayOnly = new() { ForceRelay = true };
    private readonly List<SyntheticPeer> _peers = [];
    private TestNode _node = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync(o => o with { UdpPorts = [0, 0], TcpPort = 0, SilenceTimeout = TimeSpan.FromMinutes(5), ParticipantTimeout = TimeSpan.FromMinutes(5) });
        await NameRelaysAsync("1", Relay);
    }

    public async Task DisposeAsync()
    {
        _peers.ForEach(peer => peer.Dispose());
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task PutRoom_WithRule_ReportsWhatItEnforces()
    {
        var rule = new RoomConnectivity { DenyTcp = true, ForceRelay = true };

        Assert.Equal(rule, (await PutAsync("r", rule)).Connectivity);
        Assert.Equal(rule, Assert.Single((await _node.Control.GetNodeAsync(default)).Rooms).Connectivity);
        Assert.Null((await PutAsync("r", null)).Connectivity);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Offer_TcpUseless_HasNoTcpCandidates(bool forceRelay)
    {
        await PutAsync("free", null);
        await PutAsync("r", forceRelay ? RelayOnly : NoTcp);
        using var alice = new SyntheticPeer();

        var free = await _node.Control.PublishAsync("free", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default);
        var limited = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default);
        var offer = await _node.Control.SubscribeAsync("r", "alice", new SubscribeRequest { Generation = 1, Slots = new SlotCounts { Audio = 1, Video = 1 } }, default);

        Assert.Contains("tcptype", free.Sdp, StringComparison.Ordinal);
        Assert.All(new[] { limited.Sdp, offer.Sdp }, sdp =>
        {
            Assert.DoesNotContain("tcptype", sdp, StringComparison.Ordinal);
            Assert.Contains(" udp ", sdp, StringComparison.Ordinal);
        });
    }

    /// <summary>The client has made up a candidate with the TCP port that it knows from another meeting.</summary>
    [Fact]
    public async Task Tcp_ClientIgnoresTheRule_ClosesTheConnection()
    {
        await PutAsync("r", NoTcp);
        var alice = Create(isBehindFirewall: true);
        alice.Connect(WithTcpCandidate(await PublishAsync("r", "alice", alice)));

        await SyntheticPeer.UntilTrueAsync("the connection has ended", () => Task.FromResult(alice.Stream!.HasEnded()), alice);

        Assert.False(alice.IsConnected);
        await SyntheticPeer.UntilTrueAsync(
            "the connection is counted", () => Task.FromResult((_node.Host.Streams.Of(StreamEnd.Denied), _node.Host.Streams.Open) == (1, 0)), alice);
    }

    /// <summary>Everybody who is on TCP connects again, and nobody else notices.</summary>
    [Fact]
    public async Task Update_DeniesTcpInACall_EndsOnlySessionsOnTcp()
    {
        await PutAsync("r", null);
        await PutAsync("other", null);
        var (alice, bob, carol) = (Create(isBehindFirewall: true), Create(), Create(isBehindFirewall: true));
        alice.Connect(await PublishAsync("r", "alice", alice));
        bob.Connect(await PublishAsync("r", "bob", bob));
        carol.Connect(await PublishAsync("other", "carol", carol));
        await UntilConnectedAsync(alice, bob, carol);
        await using var events = await RoomEvents.OpenAsync(_node.Control, "r");

        await PutAsync("r", NoTcp);

        await events.UntilAsync("alice's session has ended", e => e.Last(RoomEventTypes.SessionState, "alice") is { State: "failed", Reason: "path-denied" });
        await SyntheticPeer.UntilTrueAsync("alice's connection has ended", () => Task.FromResult(alice.Stream!.HasEnded()), bob, carol);
        Assert.Null(events.Last(RoomEventTypes.SessionState, "bob"));
        Assert.True(bob.IsConnected && carol.IsConnected);
        Assert.Equal(1, _node.Host.Streams.Open);
    }

    [Fact]
    public async Task ForceRelay_DirectAndRelayedClient_OnlyTheRelayedOneConnects()
    {
        await PutAsync("r", RelayOnly);
        await PutAsync("other", null);
        var (direct, relayed, elsewhere) = (Create(), Create(Relay), Create());
        direct.Connect(await PublishAsync("r", "direct", direct));
        relayed.Connect(await PublishAsync("r", "relayed", relayed));
        elsewhere.Connect(await PublishAsync("other", "elsewhere", elsewhere));

        await UntilConnectedAsync(relayed, elsewhere);
        await UntilDeniedAsync("DirectDenied", direct);

        Assert.False(direct.IsConnected);
    }

    [Fact]
    public async Task ForceRelay_ClientOverTcp_ClosesTheConnection()
    {
        await PutAsync("r", RelayOnly);
        var alice = Create(isBehindFirewall: true);
        alice.Connect(WithTcpCandidate(await PublishAsync("r", "alice", alice)));

        await SyntheticPeer.UntilTrueAsync("the connection has ended", () => Task.FromResult(alice.Stream!.HasEnded()), alice);

        Assert.Equal(1, _node.Host.Streams.Of(StreamEnd.Denied));
    }

    [Fact]
    public async Task DenyTurn_DirectAndRelayedClient_OnlyTheDirectOneConnects()
    {
        await PutAsync("r", NoTurn);
        var (direct, relayed) = (Create(), Create(Relay));
        direct.Connect(await PublishAsync("r", "direct", direct));
        relayed.Connect(await PublishAsync("r", "relayed", relayed));

        await UntilConnectedAsync(direct);
        await UntilDeniedAsync("RelayDenied", relayed);

        Assert.False(relayed.IsConnected);
    }

    /// <summary>A client that connects through a relay and then sends media from its own address is not heard, as with a NAT that changes the address.</summary>
    [Fact]
    public async Task ForceRelay_MediaFromAnotherAddress_IsNotForwarded()
    {
        await PutAsync("r", RelayOnly);
        var (alice, bob) = (Create(Relay), Create(Relay));
        alice.Connect(await PublishAsync("r", "alice", alice));
        await UntilConnectedAsync(alice);
        var offer = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        await _node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, bob) }, default);
        bob.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync("media through the relay", () => Send(alice) && bob.Rtp.Any(IsVideo), alice, bob);

        alice.Rebind();
        await UntilDeniedAsync("DirectDenied", () => Send(alice), alice, bob);
        var heard = bob.Rtp.Count;
        await UntilDeniedAsync("DirectDenied", () => Send(alice), alice, bob);

        Assert.Equal(heard, bob.Rtp.Count);
    }

    [Fact]
    public async Task Update_ForcesRelayInACall_EndsDirectSessionsOnAllLoops()
    {
        _node.Host.Rooms.ChoosePart = static (participant, loads) => Array.FindIndex(loads, load => load.IsHub == (participant[0] != 'r'));
        await PutAsync("r", null);
        var (left, right, relayed) = (Create(), Create(), Create(Relay));
        left.Connect(await PublishAsync("r", "left", left));
        right.Connect(await PublishAsync("r", "right", right));
        relayed.Connect(await PublishAsync("r", "remote", relayed));
        await UntilConnectedAsync(left, right, relayed);
        await using var events = await RoomEvents.OpenAsync(_node.Control, "r");

        await PutAsync("r", RelayOnly);

        await events.UntilAsync("both have ended", e => new[] { "left", "right" }.All(name => e.Last(RoomEventTypes.SessionState, name) is { State: "failed", Reason: "path-denied" }));
        Assert.Null(events.Last(RoomEventTypes.SessionState, "remote"));
    }

    /// <summary>A relay is replaced by one with another address, which the operator names to the node.</summary>
    [Fact]
    public async Task PutRelays_OtherRelay_TakesItsClientsAndEndsTheFormerOnes()
    {
        var next = IPAddress.Parse("127.0.0.10");
        await PutAsync("r", RelayOnly);
        var (alice, bob) = (Create(Relay), Create(next));
        alice.Connect(await PublishAsync("r", "alice", alice));
        bob.Connect(await PublishAsync("r", "bob", bob));
        await UntilConnectedAsync(alice);
        await UntilDeniedAsync("DirectDenied", bob);
        await using var events = await RoomEvents.OpenAsync(_node.Control, "r");

        await NameRelaysAsync("2", Relay, next);
        await UntilConnectedAsync(bob);
        Assert.True(alice.IsConnected);
        await NameRelaysAsync("3", next);

        await events.UntilAsync("alice's session has ended", e => e.Last(RoomEventTypes.SessionState, "alice") is { State: "failed", Reason: "path-denied" });
        Assert.True(bob.IsConnected);
        Assert.Equal("3", (await _node.Control.GetNodeAsync(default)).RelaysRevision);
    }

    [Fact]
    public async Task PutRelays_InvalidAddress_ChangesNothing()
    {
        var wrong = new NodeRelays { Revision = "2", Sources = [new RelaySource { Address = "relay.example.com", MinPort = 1, MaxPort = 2 }] };

        var error = await Assert.ThrowsAsync<NodeControlException>(() => _node.Control.PutRelaysAsync(wrong, default));

        Assert.Equal("invalid-request", error.Code);
        Assert.Equal("1", (await _node.Control.GetNodeAsync(default)).RelaysRevision);
    }

    private static bool IsVideo(byte[] packet) => RtpHeader.TryParse(packet, out var header) && header.PayloadType == 96;

    private static bool Send(SyntheticPeer peer)
    {
        peer.SendRtp(TestSdp.VideoSsrc, 96, (uint)Environment.TickCount * 90, [0x10, 0x00, 1, 2, 3, 4], marker: true);
        return true;
    }

    private static Task UntilConnectedAsync(params SyntheticPeer[] peers) => SyntheticPeer.UntilAsync("connected", () => peers.All(peer => peer.IsConnected), peers);

    private SyntheticPeer Create(IPAddress? local = null, bool isBehindFirewall = false)
    {
        _peers.Add(new SyntheticPeer(local: local) { IsBehindFirewall = isBehindFirewall });
        return _peers[^1];
    }

    private string WithTcpCandidate(string sdp) => $"{sdp}a=candidate:9 1 tcp 1 127.0.0.1 {_node.Host.TcpPort} typ host tcptype passive\r\n";

    private Task<RoomReport> PutAsync(string room, RoomConnectivity? rule) => _node.Control.PutRoomAsync(room, new RoomSpec { Generation = 1, Connectivity = rule }, default);

    private async Task<string> PublishAsync(string room, string name, SyntheticPeer peer) =>
        (await _node.Control.PublishAsync(room, name, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default)).Sdp;

    private Task NameRelaysAsync(string revision, params IPAddress[] relays) => _node.Control.PutRelaysAsync(
        new NodeRelays { Revision = revision, Sources = [.. relays.Select(relay => new RelaySource { Address = relay.ToString(), MinPort = 1, MaxPort = 65535 })] },
        default);

    private Task UntilDeniedAsync(string cause, params SyntheticPeer[] peers) => UntilDeniedAsync(cause, static () => true, peers);

    /// <summary>Waits until the node has dropped several more datagrams.</summary>
    private async Task UntilDeniedAsync(string cause, Func<bool> send, params SyntheticPeer[] peers)
    {
        var before = await CountAsync(cause);
        await SyntheticPeer.UntilTrueAsync($"{cause} counts", async () => send() && await CountAsync(cause) >= before + 3, peers);
    }

    private async Task<long> CountAsync(string cause) =>
        (await Task.WhenAll(_node.Host.Loops.Select(loop => loop.RunAsync(() => loop.Statistics().TransportDrops[cause], default)))).Sum();
}
