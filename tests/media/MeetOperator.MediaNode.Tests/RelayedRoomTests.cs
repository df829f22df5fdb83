using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A room with a participant on another media node, whose tracks a link carries. The test is the other end of the link.</summary>
public sealed class RelayedRoomTests : IAsyncLifetime
{
    private readonly List<SyntheticPeer> _peers = [];
    private TestNode _node = null!;
    private RoomEvents _events = null!;
    private TestLink _link = null!;
    private AnnouncedTrack _microphone = null!;
    private AnnouncedTrack _camera = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync(o => o with { SilenceTimeout = TimeSpan.FromMinutes(5), ParticipantTimeout = TimeSpan.FromSeconds(1) });
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1, MaxParticipants = 2 }, default);
        _events = await RoomEvents.OpenAsync(_node.Control, "r");
        await InRoomAsync(room =>
        {
            _link = new TestLink(room.Tracks);
            _microphone = _link.Announce("alice", TrackSource.Microphone, 1);
            return _camera = _link.Announce("alice", TrackSource.Camera, 1);
        });
    }

    public async Task DisposeAsync()
    {
        _peers.ForEach(p => p.Dispose());
        await _events.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Relayed_SubscriberWithoutSlots_ReceivesSoundAndPicture()
    {
        var bob = await SubscribeAsync("bob");

        await UntilReceivedAsync(bob, SendOnLinkAsync);

        Assert.Equal(["camera", "microphone"], (await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default)).Tracks.Select(t => t.Source).Order());
    }

    [Fact]
    public async Task Relayed_SubscriberWithSlots_ReceivesSoundAndPicture()
    {
        var bob = await SubscribeAsync("bob", new SlotCounts { Audio = 3, Video = 4 });

        await UntilReceivedAsync(bob, SendOnLinkAsync);
    }

    [Fact]
    public async Task Relayed_Player_ReceivesSoundAndPicture()
    {
        var player = Create();

        var answer = await _node.Control.PlayAsync("r", "bob", new PlayRequest { Generation = 1, Sdp = TestSdp.Play(player), Feeds = ["alice"] }, default);
        player.Connect(answer.Sdp);

        await UntilReceivedAsync(player, SendOnLinkAsync, video: 120, audio: 109);
    }

    /// <summary>The participant counts on the media node where it is.</summary>
    [Fact]
    public async Task Relayed_Participant_IsNotCountedAndDoesNotTimeOut()
    {
        var bob = await SubscribeAsync("bob");
        await UntilReceivedAsync(bob, SendOnLinkAsync);
        await _node.Control.PutParticipantAsync("r", "carol", new ParticipantSpec { Generation = 1 }, default);
        await _events.UntilAsync("carol has timed out", e => e.Last(RoomEventTypes.ParticipantLeft, "carol") is not null);

        var room = await _node.Control.GetRoomAsync("r", default);

        Assert.Equal((1, 0, 2), (room.Participants, room.UpTracks, room.DownTracks));
        Assert.Equal(["bob"], room.ParticipantList!.Select(p => p.Participant));
        Assert.True(room.PacketsOut > 0);
        Assert.DoesNotContain(_events.All, e => e.ParticipantId == "alice");
        var received = bob.Rtp.Count;
        await UntilReceivedAsync(bob, SendOnLinkAsync, more: received);
    }

    /// <summary>As when the participant moves to this node and away again.</summary>
    [Fact]
    public async Task Carrier_FromLinkToSessionAndBack_NoSubscriberGetsAnOffer()
    {
        var bob = await SubscribeAsync("bob");
        await UntilReceivedAsync(bob, SendOnLinkAsync);
        var streams = Streams(bob);
        var alice = Create();
        var answer = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default);
        alice.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync("alice connected", () => alice.IsConnected, alice);
        await UntilReceivedAsync(bob, SendOnLinkAsync, more: bob.Rtp.Count, others: alice);
        Assert.Equal(0, (await _node.Control.GetRoomAsync("r", default)).UpTracks);

        await UntilReceivedAsync(bob, () => Task.FromResult(Send(alice)), more: bob.Rtp.Count, others: alice, mark: 7);
        await _events.UntilAsync("alice publishes here", e => e.All.Count(x => x is { Type: RoomEventTypes.TrackAdded, ParticipantId: "alice" }) == 2);
        Assert.Equal(2, (await _node.Control.GetRoomAsync("r", default)).UpTracks);

        await _node.Control.DeleteParticipantAsync("r", "alice", default);
        await _events.UntilAsync("alice publishes elsewhere", e => e.All.Count(x => x is { Type: RoomEventTypes.TrackRemoved, ParticipantId: "alice" }) == 2);
        await UntilReceivedAsync(bob, SendOnLinkAsync, more: bob.Rtp.Count);

        Assert.Equal(streams, Streams(bob));
        Assert.DoesNotContain(_events.All, e => e.Type == RoomEventTypes.Offer);
        Assert.Equal(0, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
    }

    [Fact]
    public async Task Relayed_LinkWithdrawsTracks_SubscriberGetsAnOffer()
    {
        await SubscribeAsync("bob");

        await InRoomAsync(_ =>
        {
            _link.Withdraw(_microphone);
            _link.Withdraw(_camera);
            return true;
        });

        await _events.UntilAsync("an offer without tracks", e => e.Last(RoomEventTypes.Offer, "bob")?.Tracks?.Count == 0);
        Assert.DoesNotContain(_events.All, e => e.ParticipantId == "alice");
    }

    private static List<uint> Streams(SyntheticPeer peer) => [.. peer.Rtp.Select(p => Header(p).Ssrc).Distinct().Order()];

    private static RtpHeader Header(byte[] packet)
    {
        Assert.True(RtpHeader.TryParse(packet, out var header));
        return header;
    }

    private static bool Send(SyntheticPeer publisher)
    {
        publisher.SendRtp(TestSdp.AudioSsrc, 111, 0, [1, 2, 7]);
        publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x00, 1, 2, 3, 7], marker: true);
        return true;
    }

    private Task<T> InRoomAsync<T>(Func<NodeRoom, T> work) => _node.Host.Rooms.RunAsync("r", work, default);

    private Task<bool> SendOnLinkAsync() => InRoomAsync(_ =>
    {
        _link.Receive(MonotonicClock.NowTicks, _microphone);
        _link.Receive(MonotonicClock.NowTicks, _camera);
        return true;
    });

    /// <summary>Sends until three more packets of sound and of pictures have arrived, all after the first <paramref name="more"/> ones and with the mark at their end.</summary>
    private static Task UntilReceivedAsync(
        SyntheticPeer subscriber, Func<Task<bool>> sendAsync, byte video = 96, byte audio = 111, int more = 0, SyntheticPeer? others = null, byte mark = 0) => SyntheticPeer.UntilTrueAsync(
        "sound and pictures",
        async () =>
        {
            await sendAsync();
            var received = subscriber.Rtp.Skip(more).Where(p => p[^1] == mark).Select(p => Header(p).PayloadType).ToList();
            return received.Count(type => type == video) >= 3 && received.Count(type => type == audio) >= 3;
        },
        [subscriber, .. others is null ? Array.Empty<SyntheticPeer>() : [others]]);

    private SyntheticPeer Create()
    {
        _peers.Add(new SyntheticPeer());
        return _peers[^1];
    }

    private async Task<SyntheticPeer> SubscribeAsync(string name, SlotCounts? slots = null)
    {
        var peer = Create();
        var offer = await _node.Control.SubscribeAsync("r", name, new SubscribeRequest { Generation = 1, Slots = slots }, default);
        await _node.Control.AnswerAsync("r", name, new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, peer) }, default);
        peer.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync($"{name} connected", () => peer.IsConnected, peer);
        return peer;
    }
}
