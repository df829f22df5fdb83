using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Time;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sdp;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A participant publishes on a new connection, as after a change of network. Its tracks continue, and subscribers need no new offer.</summary>
public sealed class PublishRestartTests : IAsyncLifetime
{
    /// <summary>The last byte of the packets of each connection.</summary>
    private const byte First = 101;
    private const byte Second = 102;
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
    public async Task Publish_Restart_ContinuesTracks()
    {
        using var first = await PublishAsync(peer => TestSdp.Publish(peer));
        using var bob = new SyntheticPeer();
        await SubscribeAsync(bob, first);
        await UntilReceivedAsync(bob, 2, first);
        var before = Streams(bob).Keys.ToList();

        // The second connection uses the same SSRCs, and its numbers start again.
        using var second = await PublishAsync(peer => TestSdp.Publish(peer), restart: true);
        await UntilReceivedAsync(bob, 3, second, Second);

        Assert.Equal(before.Order(), Streams(bob).Keys.Order());
        foreach (var numbers in Streams(bob).Values)
        {
            Assert.Equal(Enumerable.Range(numbers[0], numbers.Count), numbers.Select(n => (int)n));
        }

        Assert.DoesNotContain(_events.All, e => e.Type is RoomEventTypes.Offer or RoomEventTypes.TrackRemoved);
        var room = await _node.Control.GetRoomAsync("r", default);
        Assert.Equal((2, 2), (room.UpTracks, room.DownTracks));
    }

    [Fact]
    public async Task Publish_RestartWithoutCamera_RemovesOnlyCamera()
    {
        using var first = await PublishAsync(peer => TestSdp.Publish(peer));
        using var bob = new SyntheticPeer();
        await SubscribeAsync(bob, first);

        using var second = await PublishAsync(peer => TestSdp.Publish(peer, video: false), restart: true);

        await _events.UntilAsync("an offer without the camera", e => e.Last(RoomEventTypes.Offer, "bob")?.Tracks?.Count == 1);
        Assert.Equal("microphone", _events.Last(RoomEventTypes.Offer, "bob")!.Tracks![0].Source);
        Assert.Equal(["camera"], _events.All.Where(e => e.Type == RoomEventTypes.TrackRemoved).Select(e => e.Source!));
        Assert.Equal(1, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
    }

    [Fact]
    public async Task Publish_RestartWithOtherCodec_ReplacesTrack()
    {
        using var first = await PublishAsync(peer => TestSdp.Publish(peer));
        using var bob = new SyntheticPeer();
        await SubscribeAsync(bob, first);

        using var second = await PublishAsync(peer => TestSdp.Publish(peer).Replace("VP8", "VP9", StringComparison.Ordinal), restart: true);

        await _events.UntilAsync("an offer with the new codec", e => e.Last(RoomEventTypes.Offer, "bob")?.Sdp?.Contains("VP9/90000", StringComparison.Ordinal) == true);
        Assert.Equal(["camera"], _events.All.Where(e => e.Type == RoomEventTypes.TrackRemoved).Select(e => e.Source!));
        Assert.Equal(2, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
    }

    /// <summary>The MID of a section identifies its track within one connection only.</summary>
    [Fact]
    public async Task Publish_RestartWithSwappedMids_ContinuesTracksBySource()
    {
        using var first = await PublishAsync(peer => TestSdp.Publish(peer));
        using var bob = new SyntheticPeer();
        await SubscribeAsync(bob, first);
        await UntilReceivedAsync(bob, 1, first);
        var before = Streams(bob).Keys.ToList();

        using var second = await PublishAsync(
            peer => TestSdp.Publish(peer).Replace("BUNDLE 0 1", "BUNDLE 1 0", StringComparison.Ordinal)
                .Replace("a=mid:0", "a=mid:x", StringComparison.Ordinal).Replace("a=mid:1", "a=mid:0", StringComparison.Ordinal).Replace("a=mid:x", "a=mid:1", StringComparison.Ordinal),
            restart: true);
        await UntilReceivedAsync(bob, 1, second, Second);

        Assert.Equal(before.Order(), Streams(bob).Keys.Order());
        Assert.Equal(2, (await _node.Control.GetRoomAsync("r", default)).DownTracks);
        Assert.DoesNotContain(_events.All, e => e.Type is RoomEventTypes.Offer or RoomEventTypes.TrackRemoved);
    }

    /// <summary>The node continues the frame numbers, so receivers do not notice that they start again.</summary>
    [Fact]
    public async Task Publish_RestartWithDependencyDescriptor_ContinuesTrack()
    {
        static string Offer(SyntheticPeer peer) =>
            TestSdp.Publish(peer).Replace("a=rtpmap:96", $"a=extmap:5 {HeaderExtensionUris.DependencyDescriptor}\r\na=rtpmap:96", StringComparison.Ordinal);
        using var first = await PublishAsync(Offer);
        using var bob = new SyntheticPeer();
        await SubscribeAsync(bob, first);
        await UntilReceivedAsync(bob, 1, first);

        using var second = await PublishAsync(Offer, restart: true);
        await UntilReceivedAsync(bob, 1, second, Second);

        Assert.DoesNotContain(_events.All, e => e.Type is RoomEventTypes.Offer or RoomEventTypes.TrackRemoved);
    }

    [Fact]
    public async Task Publish_Restart_KeepsMute()
    {
        using var first = await PublishAsync(peer => TestSdp.Publish(peer));
        using var bob = new SyntheticPeer();
        await SubscribeAsync(bob, first);
        await UntilReceivedAsync(bob, 1, first);
        await _node.Control.MuteAsync("r", "alice", new TrackMuteRequest { Muted = new MuteState { Microphone = true } }, default);

        using var second = await PublishAsync(peer => TestSdp.Publish(peer), restart: true);
        await SyntheticPeer.UntilAsync(
            "video of the second connection",
            () =>
            {
                Send(second, Second);
                return bob.Rtp.Count(p => Header(p).PayloadType == 96 && p[^1] == Second) > 5;
            },
            second,
            bob);

        Assert.DoesNotContain(bob.Rtp, p => Header(p).PayloadType == 111 && p[^1] == Second);
    }

    [Fact]
    public async Task Publish_Restart_FormerConnectionCarriesUntilMediaArrives()
    {
        using var first = await PublishAsync(peer => TestSdp.Publish(peer));
        using var bob = new SyntheticPeer();
        await SubscribeAsync(bob, first);
        await UntilReceivedAsync(bob, 1, first);

        using var second = await PublishAsync(peer => TestSdp.Publish(peer), restart: true);
        var received = bob.Rtp.Count;
        await SyntheticPeer.UntilAsync(
            "media of the first connection",
            () =>
            {
                Send(first, First);
                return bob.Rtp.Count >= received + 6;
            },
            first,
            second,
            bob);
        await UntilReceivedAsync(bob, 3, second, Second);

        // Both connections send from now on, and only the second one counts.
        var switched = bob.Rtp.Count;
        await SyntheticPeer.UntilAsync(
            "more media of the second connection",
            () =>
            {
                Send(first, First);
                Send(second, Second);
                return bob.Rtp.Count >= switched + 12;
            },
            first,
            second,
            bob);
        Assert.All(bob.Rtp.Skip(switched), p => Assert.Equal(Second, p[^1]));
        await SyntheticPeer.UntilAsync("the first session ended", () => _events.All.Any(e => e is { State: "closed", Reason: "replaced", Kind: "publish" }), second, bob);
        Assert.Equal(2, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
    }

    [Fact]
    public async Task Publish_FormerConnectionEndsFirst_TracksContinue()
    {
        using var first = await PublishAsync(peer => TestSdp.Publish(peer));
        using var bob = new SyntheticPeer();
        await SubscribeAsync(bob, first);
        using var second = new SyntheticPeer();
        var answer = await RestartAsync(second);
        await _node.Host.Rooms.RunAsync(
            "r",
            room =>
            {
                var sessions = room.Participants.Single(p => p.Id == "alice").Sessions;
                sessions.End(sessions.All[0]);
                return true;
            },
            default);

        second.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync("connected", () => second.IsConnected, second);
        await UntilReceivedAsync(bob, 1, second, Second);

        Assert.DoesNotContain(_events.All, e => e.Type is RoomEventTypes.Offer or RoomEventTypes.TrackRemoved);
    }

    /// <summary>A client that restarts all the time has no more than two sessions, and its working one goes on.</summary>
    [Fact]
    public async Task Publish_RestartsThatNeverConnect_KeepTheWorkingSession()
    {
        using var first = await PublishAsync(peer => TestSdp.Publish(peer));
        using var bob = new SyntheticPeer();
        await SubscribeAsync(bob, first);
        for (var i = 0; i < 5; i++)
        {
            using var other = new SyntheticPeer();
            await RestartAsync(other);
        }

        await UntilReceivedAsync(bob, 3, first);

        Assert.Equal(2, await _node.Host.Rooms.RunAsync("r", room => room.Participants.Single(p => p.Id == "alice").Sessions.All.Count, default));
        Assert.Equal(2, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
    }

    /// <summary>Subscribers see the last picture until then.</summary>
    [Fact]
    public async Task Publish_RestartThatNeverConnects_EndsAfterItsLimit()
    {
        using var first = await PublishAsync(peer => TestSdp.Publish(peer));
        Assert.False(await HasTimedOutAsync(TimeSpan.FromHours(1)));
        using var second = new SyntheticPeer();
        await RestartAsync(second);
        Assert.False(await HasTimedOutAsync(TimeSpan.FromSeconds(20)));
        Assert.True(await HasTimedOutAsync(TimeSpan.FromSeconds(31)));

        using var third = await PublishAsync(peer => TestSdp.Publish(peer), restart: true);

        Assert.False(await HasTimedOutAsync(TimeSpan.FromHours(1)));
        Assert.DoesNotContain(_events.All, e => e.Type == RoomEventTypes.TrackRemoved);
        Assert.Equal(2, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
    }

    [Fact]
    public async Task Publish_RestartThenEnd_RemovesContinuedTracks()
    {
        using var first = await PublishAsync(peer => TestSdp.Publish(peer));
        using var second = new SyntheticPeer();
        var answer = await RestartAsync(second);

        await _node.Control.DeleteSessionAsync("r", answer.SessionId, default);

        Assert.Equal(0, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
        await _events.UntilAsync("both tracks removed", e => e.All.Count(x => x.Type == RoomEventTypes.TrackRemoved) == 2);
        Assert.Equal(2, _events.All.Count(e => e.Type == RoomEventTypes.TrackAdded));
    }

    private static Dictionary<uint, List<ushort>> Streams(SyntheticPeer peer) =>
        peer.Rtp.Select(Header).GroupBy(h => h.Ssrc).ToDictionary(g => g.Key, g => g.Select(h => h.SequenceNumber).ToList());

    private static RtpHeader Header(byte[] packet)
    {
        Assert.True(RtpHeader.TryParse(packet, out var header));
        return header;
    }

    /// <summary>Sends until the subscriber has received a number of packets of each track that end with the mark.</summary>
    private static Task UntilReceivedAsync(SyntheticPeer subscriber, int packets, SyntheticPeer publisher, byte mark = First) => SyntheticPeer.UntilAsync(
        "audio and video",
        () =>
        {
            Send(publisher, mark);
            return subscriber.Rtp.Where(p => p[^1] == mark).GroupBy(p => Header(p).PayloadType).Count(g => g.Count() >= packets) == 2;
        },
        publisher,
        subscriber);

    private static void Send(SyntheticPeer publisher, byte mark)
    {
        publisher.SendRtp(TestSdp.AudioSsrc, 111, 0, [1, 2, mark]);
        publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x00, 1, 2, 3, mark], marker: true); // a key frame
    }

    private Task<bool> HasTimedOutAsync(TimeSpan after) => _node.Host.Rooms.RunAsync(
        "r", room => room.Participants.Single(p => p.Id == "alice").Sessions.Find<PublishSession>()!.HasTimedOut(MonotonicClock.NowTicks + after.Ticks), default);

    private Task<SdpAnswer> RestartAsync(SyntheticPeer peer) =>
        _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer), Restart = true }, default);

    private async Task<SyntheticPeer> PublishAsync(Func<SyntheticPeer, string> offer, bool restart = false)
    {
        var peer = new SyntheticPeer();
        var answer = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = offer(peer), Restart = restart }, default);
        peer.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync("alice connected", () => peer.IsConnected, peer);
        return peer;
    }

    private async Task SubscribeAsync(SyntheticPeer peer, SyntheticPeer publisher)
    {
        var offer = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        await _node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, peer) }, default);
        peer.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync("bob connected", () => peer.IsConnected, peer, publisher);
    }
}
