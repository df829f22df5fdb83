using System.Net;
using System.Net.Sockets;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Attacks on a call from a third socket: datagrams with a forged source address, and copies of the datagrams of others.</summary>
public sealed class AddressAttackTests : IAsyncLifetime
{
    private static readonly byte[] KeyFrame = [0x10, 0x00, 1, 2, 3, 4];
    private readonly Socket _third = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
    private readonly SyntheticPeer _alice = new();
    private readonly SyntheticPeer _bob = new();
    private TestNode _node = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync();
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        await PublishAsync("alice", _alice);
        var offer = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        await _node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, _bob) }, default);
        _bob.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync("both connected", () => _alice.IsConnected && _bob.IsConnected, _alice, _bob);
        _third.Connect(IPAddress.Loopback, _node.Host.Loops[0].Port);
        await UntilMediaFlowsAsync(_alice, _bob);
    }

    public async Task DisposeAsync()
    {
        _alice.Dispose();
        _bob.Dispose();
        _third.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task StunCheck_FromForgedAddress_SendsNoMediaThere()
    {
        var forged = _bob.CheckToForge();
        _third.Send(forged);
        await SyntheticPeer.UntilAsync("the node answered the forged check", () => _third.Available > 0, _alice, _bob);

        await UntilMediaFlowsAsync(_alice, _bob);

        Assert.InRange(Drain(), 1, 3 * forged.Length);
    }

    /// <summary>The loop holds media back while the last packet was not the last one of its frame, so nobody else may choose that packet.</summary>
    [Fact]
    public async Task ForgedMedia_FromAnySender_OpensNoFrame()
    {
        byte[] part = [0x80, 96, .. new byte[1_100]];
        _third.Send(part);
        _alice.SendRaw(part); // from her address, where only authentication distinguishes it
        await UntilDroppedAsync("UnknownPeer", 1);
        await UntilDroppedAsync("SrtpAuthentication", 1);
        Assert.False(await IsFrameOpenAsync());

        await SyntheticPeer.UntilTrueAsync(
            "a genuine part of a frame",
            async () =>
            {
                _alice.SendRtp(TestSdp.VideoSsrc, payloadType: 50, 0, new byte[1_100]); // which is not forwarded, so nothing is sent and the frame stays open
                return await IsFrameOpenAsync();
            },
            _alice);
    }

    [Fact]
    public async Task CopiedDatagrams_FromThirdSocket_DoNotMoveTheCall()
    {
        _third.Send(_bob.CopyOf(d => d[0] < 4));
        _third.Send(_bob.CopyOf(d => PacketClassifier.Classify(d) != PacketKind.Stun));
        _third.Send(_alice.CopyOf(d => d[0] < 4));
        _third.Send(_alice.CopyOf(d => PacketClassifier.Classify(d) == PacketKind.Rtp));
        await UntilDroppedAsync("StunReplay", 2);
        await UntilDroppedAsync("SrtpReplay", 1);

        _alice.Rtcp.Clear();
        await UntilMediaFlowsAsync(_alice, _bob);
        await SyntheticPeer.UntilAsync("the node's reports to alice", () => Send(_alice) && _alice.Rtcp.Count > 0, _alice, _bob);

        Assert.Equal(0, Drain());
    }

    /// <summary>A participant sends a check with the source address of another participant.</summary>
    [Fact]
    public async Task StunCheck_FromAnotherClientsAddress_DoesNotDivertItsMedia()
    {
        using var mallory = new SyntheticPeer();
        await PublishAsync("mallory", mallory);
        for (var i = 0; i < 20; i++)
        {
            _alice.SendRaw(mallory.CheckToForge());
        }

        // alice is not pumped: she sends media but no check that would restore her address.
        await UntilMediaFlowsAsync(_alice, _bob, _bob, mallory);
    }

    [Fact]
    public async Task PublisherAddress_ChangedByNat_MediaContinuesBeforeAnyCheck()
    {
        _alice.Rebind();
        await UntilMediaFlowsAsync(_alice, _bob, _bob);

        _alice.Rtcp.Clear();
        await SyntheticPeer.UntilAsync("the node's reports reach the new address", () => Send(_alice) && _alice.Rtcp.Count > 0, _alice, _bob);
    }

    [Fact]
    public async Task SubscriberAddress_ChangedByNat_MediaContinues()
    {
        _bob.Rebind();

        await UntilMediaFlowsAsync(_alice, _bob);
    }

    /// <summary>
    /// bob sends reports with a victim's source address. They are authentic, but they do not prove that bob receives packets at that address.
    /// </summary>
    [Fact]
    public async Task Reports_FromForgedAddress_AmplifyAtMostThreefold()
    {
        var (forged, received, reports) = (0, 0, 0);
        await SyntheticPeer.UntilAsync(
            "300 forged reports, and alice's media beside each",
            () =>
            {
                var report = _bob.ReportToForge();
                forged += report.Length;
                _third.Send(report);
                for (var n = 0; n < 10; n++)
                {
                    Send(_alice);
                }

                received += Drain();
                return ++reports == 300;
            },
            _alice);

        // The loop handles this request after all datagrams before it.
        await _node.Control.GetRoomAsync("r", default);
        received += Drain();
        Assert.InRange(received, 1, 3 * forged);
    }

    /// <summary>Clients choose their SSRCs, and two clients can choose the same one.</summary>
    [Fact]
    public async Task PublisherAddress_ChangedAfterDuplicateSsrcLeft_MediaContinues()
    {
        using var mallory = new SyntheticPeer();
        var session = await PublishAsync("mallory", mallory);
        await SyntheticPeer.UntilAsync("mallory's video", () => Send(mallory) && mallory.Rtcp.Count > 0, mallory, _alice);
        await _node.Control.DeleteSessionAsync("r", session, default);

        _alice.Rebind();
        await UntilMediaFlowsAsync(_alice, _bob, _bob);
    }

    private static bool Send(SyntheticPeer publisher)
    {
        publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, KeyFrame, marker: true);
        return true;
    }

    /// <summary>Waits until ten packets sent after this call have arrived. The receiver sends reports, as browsers do.</summary>
    private static async Task UntilMediaFlowsAsync(SyntheticPeer from, SyntheticPeer to, params SyntheticPeer[] pumped)
    {
        to.Pump();
        to.Rtp.Clear();
        await SyntheticPeer.UntilAsync(
            "ten packets",
            () =>
            {
                to.SendRtcp([0x80, 201, 0, 1, 0, 0, 0, 1]);
                return Send(from) && to.Rtp.Count >= 10;
            },
            pumped.Length > 0 ? pumped : [from, to]);
    }

    private async Task<string> PublishAsync(string name, SyntheticPeer peer)
    {
        var answer = await _node.Control.PublishAsync("r", name, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default);
        peer.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync($"{name} connected", () => peer.IsConnected, peer);
        return answer.SessionId;
    }

    private Task UntilDroppedAsync(string cause, int minimum) => SyntheticPeer.UntilTrueAsync(
        $"{minimum} datagrams dropped as {cause}",
        async () =>
        {
            var metrics = await _node.Http.GetStringAsync(new Uri(_node.Address, "metrics"));
            var line = metrics.Split('\n').FirstOrDefault(l => l.Contains($"cause=\"{cause}\"", StringComparison.Ordinal));
            return line is not null && int.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture) >= minimum;
        },
        _alice,
        _bob);

    private int Drain()
    {
        var (bytes, buffer) = (0, new byte[2048]);
        while (_third.Available > 0)
        {
            bytes += _third.Receive(buffer);
        }

        return bytes;
    }

    private Task<bool> IsFrameOpenAsync() => _node.Host.Loops[0].RunAsync(() => _node.Host.Loops[0].Frame.IsOpen, default);
}
