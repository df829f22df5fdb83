using System.Net;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Participants join, change their tracks and leave at the same time. The remaining participants receive all current tracks.</summary>
public sealed class ChurnTests : IAsyncLifetime
{
    private TestNode _node = null!;
    private RoomEvents _events = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync();
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        _events = await RoomEvents.OpenAsync(_node.Control, "r");
    }

    public async Task DisposeAsync()
    {
        await _events.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Cameras_ToggledWhileSubscribersAnswer_AllViewersGetAllVideos()
    {
        using var alice = await PublishAsync("alice");
        using var bob = await PublishAsync("bob");
        var viewers = Enumerable.Range(0, 4).Select(i => new Viewer($"viewer-{i}")).ToList();
        foreach (var viewer in viewers)
        {
            await viewer.SubscribeAsync(_node.Control);
        }

        for (var round = 0; round < 12; round++)
        {
            // Nothing is synchronized, so that offers of the node, answers to older offers and offers of publishers cross.
            await Task.WhenAll(
                [RepublishAsync("alice", alice, video: round % 2 == 1), RepublishAsync("bob", bob, video: round % 3 == 2), .. viewers.Select(v => v.AnswerNewestAsync(_node.Control, _events))]);
        }

        await Task.WhenAll(RepublishAsync("alice", alice, video: true), RepublishAsync("bob", bob, video: true));
        var peers = viewers.Select(v => v.Peer).Concat([alice, bob]).ToArray();
        await SyntheticPeer.UntilTrueAsync(
            "four tracks at every viewer",
            async () =>
            {
                await Task.WhenAll(viewers.Select(v => v.AnswerNewestAsync(_node.Control, _events)));
                Send(alice);
                Send(bob);
                return viewers.TrueForAll(v => v.NewestTracks(_events) == 4 && v.StreamsOf(v.NewestSdp(_events)) == 4);
            },
            peers);
        foreach (var viewer in viewers)
        {
            Assert.True(viewer.SectionsOf(viewer.NewestSdp(_events)) <= 6, "sections are used again");
        }

        viewers.ForEach(v => v.Dispose());
    }

    [Fact]
    public async Task Publisher_LeavesWhileSubscribersJoin_ViewersGetTheNextPublisher()
    {
        for (var round = 0; round < 6; round++)
        {
            var alice = await PublishAsync("alice");
            var viewers = Enumerable.Range(0, 4).Select(i => new Viewer($"viewer-{round}-{i}")).ToList();
            await Task.WhenAll([_node.Control.DeleteParticipantAsync("r", "alice", default), .. viewers.Select(v => v.SubscribeAsync(_node.Control))]);
            alice.Dispose();

            using var carol = await PublishAsync("carol");
            await SyntheticPeer.UntilTrueAsync(
                "carol's audio and video at every viewer",
                async () =>
                {
                    await Task.WhenAll(viewers.Select(v => v.AnswerNewestAsync(_node.Control, _events)));
                    Send(carol);
                    return viewers.TrueForAll(v => v.NewestTracks(_events) == 2 && v.StreamsOf(v.NewestSdp(_events)) == 2);
                },
                [carol, .. viewers.Select(v => v.Peer)]);
            var room = await _node.Control.GetRoomAsync("r", default);
            Assert.Equal((2, 8), (room.UpTracks, room.DownTracks));

            foreach (var viewer in viewers)
            {
                await _node.Control.DeleteParticipantAsync("r", viewer.Name, default);
                viewer.Dispose();
            }

            await _node.Control.DeleteParticipantAsync("r", "carol", default);
        }

        var report = await _node.Control.GetRoomAsync("r", default);
        Assert.Equal((0, 0, 0), (report.Participants, report.UpTracks, report.DownTracks));
    }

    private static void Send(SyntheticPeer publisher)
    {
        publisher.SendRtp(TestSdp.AudioSsrc, 111, 0, [1, 2, 3]);
        publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x00, 1, 2], marker: true);
    }

    private async Task<SyntheticPeer> PublishAsync(string name)
    {
        var peer = new SyntheticPeer();
        peer.Connect((await _node.Control.PublishAsync("r", name, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default)).Sdp);
        await SyntheticPeer.UntilAsync($"{name} connected", () => peer.IsConnected, peer);
        return peer;
    }

    private Task RepublishAsync(string name, SyntheticPeer peer, bool video) =>
        _node.Control.PublishAsync("r", name, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer, video) }, default);

    /// <summary>A subscriber that answers the newest offer it has received, which the node may have replaced by then.</summary>
    private sealed class Viewer(string name) : IDisposable
    {
        private SubscribeOffer _first = null!;
        private int _answered;

        public string Name => name;

        public SyntheticPeer Peer { get; } = new();

        public async Task SubscribeAsync(NodeControlClient control) =>
            _first = await control.SubscribeAsync("r", name, new SubscribeRequest { Generation = 1 }, default);

        public int NewestTracks(RoomEvents events) => events.Last(RoomEventTypes.Offer, name)?.Tracks?.Count ?? _first.Tracks.Count;

        public string NewestSdp(RoomEvents events) => events.Last(RoomEventTypes.Offer, name)?.Sdp ?? _first.Sdp;

        public int SectionsOf(string sdp) => sdp.Split("\r\nm=").Length - 1;

        /// <summary>Streams of the offer from which packets have arrived.</summary>
        public int StreamsOf(string sdp)
        {
            var offered = sdp.Split("\r\n").Where(l => l.StartsWith("a=ssrc:", StringComparison.Ordinal)).Select(l => uint.Parse(l[7..].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)).ToHashSet();
            return Peer.Rtp.Select(p => RtpHeader.TryParse(p, out var header) ? header.Ssrc : 0).Distinct().Count(offered.Contains);
        }

        public async Task AnswerNewestAsync(NodeControlClient control, RoomEvents events)
        {
            var newest = events.Last(RoomEventTypes.Offer, name);
            var (revision, sdp) = newest is null ? (_first.Revision, _first.Sdp) : (newest.Revision!.Value, newest.Sdp!);
            if (revision <= _answered || !sdp.Contains("\r\nm=", StringComparison.Ordinal))
            {
                return;
            }

            try
            {
                await control.AnswerAsync("r", name, new SubscribeAnswer { Revision = revision, Sdp = TestSdp.Answer(sdp, Peer) }, default);
            }
            catch (NodeControlException e) when (e is { Status: HttpStatusCode.Conflict, Code: "stale-revision" })
            {
                return; // a newer offer follows
            }

            if (_answered == 0)
            {
                Peer.Connect(sdp);
            }

            _answered = revision;
        }

        public void Dispose() => Peer.Dispose();
    }
}
