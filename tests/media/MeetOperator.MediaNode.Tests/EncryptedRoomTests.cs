using System.Diagnostics;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sdp;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Rooms whose clients encrypt frames end to end.</summary>
public sealed class EncryptedRoomTests
{
    /// <summary>A payload that looks like a key frame of VP8.</summary>
    private static readonly byte[] KeyFrame = [0x10, 0x00, 1, 2, 3, 4];

    /// <summary>Without a key frame, a track starts after three seconds.</summary>
    private static readonly TimeSpan KeyFrameWait = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task Payload_LooksLikeKeyFrame_IsForwardedUnchangedAndNotTakenForOne()
    {
        await using var node = await TestNode.StartAsync();
        Assert.False((await node.Control.PutRoomAsync("clear", new RoomSpec { Generation = 1 }, default)).E2ee);
        Assert.True((await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1, E2ee = true }, default)).E2ee);
        using var alice = new SyntheticPeer();
        alice.Connect((await node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default)).Sdp);
        using var bob = new SyntheticPeer();
        var sinceSubscribe = Stopwatch.StartNew();
        var offer = await node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        await node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, bob) }, default);
        bob.Connect(offer.Sdp);

        bool SendBoth()
        {
            alice.SendRtp(TestSdp.AudioSsrc, 111, 0, KeyFrame);
            alice.SendRtp(TestSdp.VideoSsrc, 96, 0, KeyFrame, marker: true);
            return true;
        }

        await SyntheticPeer.UntilAsync("sound and a picture", () => SendBoth() && Payloads(bob, 111).Count > 0 && Payloads(bob, 96).Count > 0, alice, bob);

        Assert.InRange(sinceSubscribe.Elapsed, KeyFrameWait, TimeSpan.MaxValue);
        Assert.All(Payloads(bob, 111).Concat(Payloads(bob, 96)), payload => Assert.Equal(KeyFrame, payload));
    }

    /// <summary>Nothing but the dependency descriptors tells which pictures on a tunnel are key frames.</summary>
    [Fact]
    public async Task Publish_OnTunnel_OthersGetPayloadsUnchangedFromAKeyFrameOn()
    {
        byte[] key = [0x10, 0x01, 9, 9, 9], other = [0x10, 0x01, 8, 8, 8]; // what is encrypted looks like no key frame
        byte[] structure = [0x80, 0x00, 0x3A, 0x41, 0x01, 0x81, 0x3F, 0x80, 0xB3, 0x80];
        await using var node = await TestNode.StartAsync();
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1, E2ee = true, Connectivity = new RoomConnectivity { AllowTunnels = true } }, default);
        using var sdp = new SyntheticPeer();
        var publish = TestSdp.Publish(sdp).Replace("a=rtpmap:96", $"a=extmap:2 {HeaderExtensionUris.DependencyDescriptor}\r\na=rtpmap:96", StringComparison.Ordinal);
        var session = (await node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = publish, Tunnel = true }, default)).SessionId;
        await using var alice = await TunnelPeer.OpenAsync(node, "alice", session);
        using var bob = new SyntheticPeer();
        var offer = await node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        await node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, bob) }, default);
        bob.Connect(offer.Sdp);
        var frame = 0;

        async Task SendAsync(bool isKey)
        {
            byte[] descriptor = [(byte)(isKey ? 0xC0 : 0xC1), (byte)(frame >> 8), (byte)frame, .. isKey ? structure : []];
            await alice.SendRtpAsync(TestSdp.VideoSsrc, 96, (uint)(++frame * 3000), isKey ? key : other, marker: true, extensionId: 2, descriptor);
        }

        await SyntheticPeer.UntilTrueAsync("sound and pictures", async () =>
        {
            await alice.SendRtpAsync(TestSdp.AudioSsrc, 111, (uint)(frame * 960), KeyFrame);
            await SendAsync(isKey: frame % 12 == 11);
            return Payloads(bob, 111).Count > 0 && Payloads(bob, 96).Count > 20;
        }, bob);

        Assert.Equal(key, Payloads(bob, 96)[0]);
        Assert.All(Payloads(bob, 96), payload => Assert.True(payload.SequenceEqual(key) || payload.SequenceEqual(other)));
        Assert.All(Payloads(bob, 111), payload => Assert.Equal(KeyFrame, payload));
    }

    /// <summary>The node cannot read redundant audio that is encrypted, so a client that prefers it must not send it.</summary>
    [Theory]
    [InlineData(true, "111")]
    [InlineData(false, "63 111")]
    public async Task Publish_RedundantAudioPreferred_IsAnsweredWithItOnlyInClearRooms(bool e2ee, string formats)
    {
        await using var node = await TestNode.StartAsync();
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1, E2ee = e2ee }, default);
        using var alice = new SyntheticPeer();
        var offer = TestSdp.Publish(alice).Replace("a=rtpmap:111", "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:111", StringComparison.Ordinal)
            .Replace("SAVPF 111", "SAVPF 63 111", StringComparison.Ordinal);

        var answer = (await node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = offer }, default)).Sdp;

        Assert.Contains($"SAVPF {formats}\r\n", answer, StringComparison.Ordinal);
    }

    private static List<byte[]> Payloads(SyntheticPeer peer, byte payloadType) =>
        [.. peer.Rtp.Where(packet => Header(packet).PayloadType == payloadType).Select(packet => packet[Header(packet).Length..])];

    private static RtpHeader Header(byte[] packet)
    {
        Assert.True(RtpHeader.TryParse(packet, out var header));
        return header;
    }
}
