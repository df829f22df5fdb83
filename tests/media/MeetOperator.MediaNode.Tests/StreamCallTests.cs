using System.Net;
using System.Text.RegularExpressions;
using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Calls of clients whose network lets no UDP through, over TCP (ICE-TCP). Real sockets on 127.0.0.1 and ::1.</summary>
public sealed partial class StreamCallTests : IAsyncLifetime
{
    private static readonly byte[] KeyFrame = [0x10, 0x00, 1, 2, 3, 4];
    private TestNode _node = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync(o => o with
        {
            UdpPorts = [0, 0],
            TcpPort = 0,
            AdvertisedAddresses = [IPAddress.Loopback, IPAddress.IPv6Loopback],
            BindAddresses = [IPAddress.Loopback, IPAddress.IPv6Loopback],
        });
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData(true, true, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, true, true)]
    public async Task Call_ClientsOverTcp_MediaArrives(bool publisher, bool subscriber, bool isIPv6)
    {
        using var alice = new SyntheticPeer(isIPv6) { IsBehindFirewall = publisher };
        using var bob = new SyntheticPeer(isIPv6) { IsBehindFirewall = subscriber };
        await ConnectAsync(alice, bob);
        alice.Rtcp.Clear();
        await SyntheticPeer.UntilAsync("the node's reports to the publisher", () => alice.Rtcp.Count > 0, alice, bob);

        Assert.All(bob.Rtp.Where(IsVideo), packet => Assert.Equal(KeyFrame, packet[^KeyFrame.Length..]));
        Assert.Equal((publisher ? 1 : 0) + (subscriber ? 1 : 0), _node.Host.Streams.Open);
        Assert.Equal((publisher ? 1 : 0) + (subscriber ? 1 : 0), (await StatisticsAsync()).Sum(loop => loop.TcpSessions));
        Assert.Equal(0, _node.Host.Streams.Unauthenticated);
    }

    /// <summary>Whoever speaks on one loop is heard by people on the other one.</summary>
    [Fact]
    public async Task Connect_SeveralLoops_GetsToTheLoopOfItsSession()
    {
        List<SyntheticPeer> peers = [];
        for (var i = 0; i < 8; i++)
        {
            var room = $"room-{i}";
            await _node.Control.PutRoomAsync(room, new RoomSpec { Generation = 1 }, default);
            var peer = new SyntheticPeer { IsBehindFirewall = true };
            peers.Add(peer);
            var answer = await _node.Control.PublishAsync(room, "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default);
            peer.Connect(answer.Sdp);
        }

        await SyntheticPeer.UntilAsync("all are connected", () => peers.TrueForAll(peer => peer.IsConnected), [.. peers]);

        Assert.All(await StatisticsAsync(), loop => Assert.InRange(loop.TcpSessions, 1, 7));
        peers.ForEach(peer => peer.Dispose());
        await SyntheticPeer.UntilTrueAsync("the connections have ended", () => Task.FromResult(_node.Host.Streams.Open == 0));
        Assert.Equal(8, _node.Host.Streams.Of(StreamEnd.ClosedByPeer));
    }

    [Fact]
    public async Task Candidates_TcpPort_AreAfterUdpAndOfLowerPriority()
    {
        using var alice = new SyntheticPeer();
        var answer = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default);

        var candidates = CandidateLine().Matches(answer.Sdp).Select(m => (Protocol: m.Groups[1].Value, Priority: uint.Parse(m.Groups[2].Value), Address: m.Groups[3].Value, Port: int.Parse(m.Groups[4].Value), Type: m.Groups[5].Value.Trim())).Distinct().ToList();
        Assert.Equal(["udp ::1", "udp 127.0.0.1", "tcp ::1", "tcp 127.0.0.1"], candidates.Select(c => $"{c.Protocol} {c.Address}"));
        Assert.Equal(candidates, candidates.OrderByDescending(c => c.Priority));
        Assert.All(candidates.Where(c => c.Protocol == "tcp"), c => Assert.Equal(("typ host tcptype passive", _node.Host.TcpPort), (c.Type, c.Port)));
    }

    [Fact]
    public async Task Start_TcpPortInUse_ServesUdpOnly()
    {
        await using var second = await TestNode.StartAsync(o => o with { TcpPort = _node.Host.TcpPort });
        await second.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        using var alice = new SyntheticPeer();
        var answer = await second.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default);
        alice.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync("connected", () => alice.IsConnected, alice);

        Assert.Null(second.Host.TcpPort);
        Assert.DoesNotContain("tcptype", answer.Sdp, StringComparison.Ordinal);
    }

    /// <summary>A client starts in a network without UDP, changes to one that has it, and returns to the first one.</summary>
    [Fact]
    public async Task Publish_FirewallComesAndGoes_ContinuesInTheSameSession()
    {
        using var alice = new SyntheticPeer();
        using var bob = new SyntheticPeer();
        await ConnectAsync(alice, bob);
        foreach (var isBehindFirewall in new[] { true, false, true })
        {
            alice.Move();
            alice.IsBehindFirewall = isBehindFirewall;
            var answer = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default);
            alice.Connect(answer.Sdp);
            await UntilVideoAsync("media after the move", alice, bob);
            await SyntheticPeer.UntilTrueAsync(
                $"the node sends to alice over {(isBehindFirewall ? "TCP" : "UDP")}",
                async () => Send(alice) && (await StatisticsAsync()).Sum(loop => loop.TcpSessions) == (isBehindFirewall ? 1 : 0),
                alice,
                bob);
        }
    }

    [Fact]
    public async Task Subscribe_ConnectionBreaks_ContinuesOverANewOne()
    {
        using var alice = new SyntheticPeer();
        using var bob = new SyntheticPeer { IsBehindFirewall = true };
        var sdp = await ConnectAsync(alice, bob);
        var before = bob.LocalEndPoint;

        bob.Connect(sdp);

        await UntilVideoAsync("media over the new connection", alice, bob);
        Assert.NotEqual(before, bob.LocalEndPoint);
        Assert.Equal((1, 1), (_node.Host.Streams.Open, _node.Host.Streams.Of(StreamEnd.ClosedByPeer)));
    }

    [Fact]
    public async Task Delete_ParticipantOverTcp_ClosesTheConnection()
    {
        using var alice = new SyntheticPeer();
        using var bob = new SyntheticPeer { IsBehindFirewall = true };
        await ConnectAsync(alice, bob);

        await _node.Control.DeleteParticipantAsync("r", "bob", default);

        await SyntheticPeer.UntilTrueAsync("bob's connection has ended", () => Task.FromResult(bob.Stream!.HasEnded()), alice);
        Assert.Equal(1, _node.Host.Streams.Of(StreamEnd.SessionEnded));
    }

    private static bool IsVideo(byte[] packet) => RtpHeader.TryParse(packet, out var header) && header.PayloadType == 96;

    private static bool Send(SyntheticPeer peer)
    {
        peer.SendRtp(TestSdp.VideoSsrc, 96, (uint)Environment.TickCount * 90, KeyFrame, marker: true);
        return true;
    }

    private static async Task UntilVideoAsync(string what, SyntheticPeer alice, SyntheticPeer bob)
    {
        var before = bob.Rtp.Count;
        await SyntheticPeer.UntilAsync(what, () => Send(alice) && bob.Rtp.Count > before + 5, alice, bob);
    }

    private async Task<MeetOperator.MediaNode.Statistics.LoopStatistics[]> StatisticsAsync() =>
        await Task.WhenAll(_node.Host.Loops.Select(loop => loop.RunAsync(loop.Statistics, default)));

    private async Task<string> ConnectAsync(SyntheticPeer alice, SyntheticPeer bob)
    {
        var answer = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default);
        alice.Connect(answer.Sdp);
        var offer = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        await _node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, bob) }, default);
        bob.Connect(offer.Sdp);
        await UntilVideoAsync("media", alice, bob);
        return offer.Sdp;
    }

    [GeneratedRegex(@"^a=candidate:\d+ 1 (udp|tcp) (\d+) (\S+) (\d+) (.*)$", RegexOptions.Multiline)]
    private static partial Regex CandidateLine();
}
