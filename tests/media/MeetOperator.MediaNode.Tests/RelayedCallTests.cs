using System.Net;
using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;
using MeetOperator.Relay.Transport;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>One meeting on two media nodes that are joined by a link over sockets. Clients know nothing of it.</summary>
public sealed class RelayedCallTests : IAsyncLifetime
{
    private const string Room = "r";
    private readonly List<SyntheticPeer> _peers = [];
    private TestNode _left = null!;
    private TestNode _right = null!;
    private RoomEvents _leftEvents = null!;
    private RoomEvents _rightEvents = null!;

    public async Task InitializeAsync()
    {
        (_left, _right) = (await TestNode.StartAsync(), await TestNode.StartAsync());
        await _left.Control.PutRoomAsync(Room, new RoomSpec { Generation = 1 }, default);
        await _right.Control.PutRoomAsync(Room, new RoomSpec { Generation = 2 }, default);
        _leftEvents = await RoomEvents.OpenAsync(_left.Control, Room);
        _rightEvents = await RoomEvents.OpenAsync(_right.Control, Room);
        var left = await OpenAsync(_left, "ns/left", _right, "ns/right", LinkRole.Opener);
        var right = await OpenAsync(_right, "ns/right", _left, "ns/left", LinkRole.Acceptor);
        await LinkedLoops.UntilAsync(
            "the link is up",
            async () => await LinkedLoops.OnAsync(_left.Host.Loops[0], () => left.State == LinkState.Up) && await LinkedLoops.OnAsync(_right.Host.Loops[0], () => right.State == LinkState.Up));
    }

    public async Task DisposeAsync()
    {
        _peers.ForEach(p => p.Dispose());
        await _leftEvents.DisposeAsync();
        await _rightEvents.DisposeAsync();
        await _left.DisposeAsync();
        await _right.DisposeAsync();
    }

    [Fact]
    public async Task Publish_OnOneNode_SubscribersOnBothReceive()
    {
        var alice = await PublishAsync(_left);
        var bob = await SubscribeAsync(_left, "bob");
        var carol = await SubscribeAsync(_right, "carol");
        var dave = await SubscribeAsync(_right, "dave", new SlotCounts { Audio = 3, Video = 4 });

        await UntilReceivedAsync(alice, 1, bob, carol, dave);

        var report = await _right.Control.GetRoomAsync(Room, default);
        Assert.Equal((2, 0), (report.Participants, report.UpTracks));
    }

    /// <summary>The participant moves, and then those who receive it are still there.</summary>
    [Fact]
    public async Task Publish_OnTheOtherNode_SubscribersOnBothGoOnWithoutAnOffer()
    {
        var alice = await PublishAsync(_left);
        var bob = await SubscribeAsync(_left, "bob");
        var carol = await SubscribeAsync(_right, "carol");
        await UntilReceivedAsync(alice, 1, bob, carol);
        var (bobStreams, carolStreams, carolOffers) = (Streams(bob), Streams(carol), Offers(_rightEvents));

        var again = await PublishAsync(_right);
        await UntilReceivedAsync(again, 2, bob, carol);
        await _leftEvents.UntilAsync("alice no longer publishes here", e => e.All.Count(x => x is { Type: RoomEventTypes.TrackRemoved, ParticipantId: "alice" }) == 2);
        await _left.Control.DeleteParticipantAsync(Room, "alice", default);
        var before = (bob.Rtp.Count, carol.Rtp.Count);
        await SyntheticPeer.UntilAsync("more media", () => Send(again, 2) && bob.Rtp.Count > before.Item1 + 10 && carol.Rtp.Count > before.Item2 + 10, [.. _peers]);

        Assert.Equal((bobStreams, carolStreams), (Streams(bob), Streams(carol)));
        Assert.Equal((0, carolOffers), (Offers(_leftEvents), Offers(_rightEvents)));
        Assert.Equal(0, (await _left.Control.GetRoomAsync(Room, default)).UpTracks);
        Assert.Equal(2, (await _right.Control.GetRoomAsync(Room, default)).UpTracks);
    }

    /// <summary>What a link cannot carry stays on its node, and breaks nothing for others: not for tracks that are announced later, and not when the link is opened again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publish_WhatCannotCross_OthersAreStillHeard(bool reopened)
    {
        var mallory = Create();
        var offer = TestSdp.Publish(mallory);
        var strange = offer.Replace("a=rtpmap:111 opus/48000/2\r\n", $"a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime={new string('9', 300)}\r\n", StringComparison.Ordinal);
        Assert.NotEqual(offer, strange);
        await _left.Control.PublishAsync(Room, "mallory", new SdpOffer { Generation = 1, Sdp = strange }, default);
        await _left.Control.PublishAsync(Room, new string('漢', 60), new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(Create()) }, default);
        if (reopened)
        {
            await OpenAsync(_left, "ns/left", _right, "ns/right", LinkRole.Opener);
            await OpenAsync(_right, "ns/right", _left, "ns/left", LinkRole.Acceptor);
        }

        var alice = await PublishAsync(_left);
        await LinkedLoops.UntilAsync("the tracks that can cross are known", () => _right.Host.Rooms.RunAsync(Room, room => room.Tracks.Of(["alice"]).Count == 2 && room.Tracks.Of(["mallory"]).Count == 2, default));
        Assert.Empty(await _right.Host.Rooms.RunAsync(Room, room => room.Tracks.Of([new string('漢', 60)]), default));
        var carol = await SubscribeAsync(_right, "carol", new SlotCounts { Audio = 3, Video = 4 });
        await UntilReceivedAsync(alice, 1, carol);
    }

    [Fact]
    public async Task DeleteRoom_OnOneNode_ItsTracksEndOnTheOther()
    {
        var alice = await PublishAsync(_left);
        var carol = await SubscribeAsync(_right, "carol");
        await UntilReceivedAsync(alice, 1, carol);

        await _left.Control.DeleteRoomAsync(Room, 1, default);

        await _rightEvents.UntilAsync("an offer without tracks", e => e.Last(RoomEventTypes.Offer, "carol")?.Tracks?.Count == 0);
    }

    private static Task<LinkSession> OpenAsync(TestNode node, string name, TestNode peer, string peerName, LinkRole role) => node.Host.Rooms.RunAsync(
        Room,
        room => room.OpenLink("link", name, peerName, new LinkSessionOptions
        {
            Role = role,
            LocalTag = role == LinkRole.Opener ? 1u : 2u,
            RemoteTag = role == LinkRole.Opener ? 2u : 1u,
            Addresses = [TransportAddress.FromIPEndPoint(new IPEndPoint(IPAddress.Loopback, peer.Host.Loops[0].Port))],
            Secrets = [LinkedLoops.Secret(1)],
        }),
        default);

    private static string Streams(SyntheticPeer peer) => string.Join(' ', peer.Rtp.Select(p => Header(p).Ssrc).Distinct().Order());

    private static int Offers(RoomEvents events) => events.All.Count(e => e.Type == RoomEventTypes.Offer);

    private static RtpHeader Header(byte[] packet)
    {
        Assert.True(RtpHeader.TryParse(packet, out var header));
        return header;
    }

    private static int Count(SyntheticPeer subscriber, byte payloadType, byte mark) => subscriber.Rtp.Count(p => p[^1] == mark && Header(p).PayloadType == payloadType);

    private static bool Send(SyntheticPeer publisher, byte mark)
    {
        publisher.SendRtp(TestSdp.AudioSsrc, 111, 0, [1, 2, mark]);
        publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x00, 1, 2, 3, mark], marker: true); // a key frame
        return true;
    }

    /// <summary>Sends until each subscriber has received three packets of sound and three of video with the mark at their end.</summary>
    private Task UntilReceivedAsync(SyntheticPeer publisher, byte mark, params SyntheticPeer[] subscribers) => SyntheticPeer.UntilAsync(
        $"sound and pictures with mark {mark}",
        () => Send(publisher, mark) && subscribers.All(s => Count(s, 96, mark) >= 3 && Count(s, 111, mark) >= 3),
        [.. _peers]);

    private async Task<SyntheticPeer> PublishAsync(TestNode node)
    {
        var peer = Create();
        var answer = await node.Control.PublishAsync(Room, "alice", new SdpOffer { Generation = node == _left ? 1 : 2, Sdp = TestSdp.Publish(peer) }, default);
        peer.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync("alice connected", () => peer.IsConnected, [.. _peers]);
        return peer;
    }

    private async Task<SyntheticPeer> SubscribeAsync(TestNode node, string name, SlotCounts? slots = null)
    {
        await LinkedLoops.UntilAsync("alice's tracks are known", () => node.Host.Rooms.RunAsync(Room, room => room.Tracks.For(name).Count >= 2, default));
        var peer = Create();
        var offer = await node.Control.SubscribeAsync(Room, name, new SubscribeRequest { Generation = node == _left ? 1 : 2, Slots = slots }, default);
        await node.Control.AnswerAsync(Room, name, new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, peer) }, default);
        peer.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync($"{name} connected", () => peer.IsConnected, [.. _peers]);
        return peer;
    }

    private SyntheticPeer Create()
    {
        _peers.Add(new SyntheticPeer());
        return _peers[^1];
    }
}
