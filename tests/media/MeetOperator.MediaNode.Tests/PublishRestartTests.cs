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
    private const byte Third = 103;
    private readonly List<SyntheticPeer> _peers = [];
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
        _peers.ForEach(peer => peer.Dispose());
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
        await EndAsync(sessions => sessions[0]);

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

        Assert.Equal(2, await SessionsAsync());
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

    /// <summary>A picture would stand still if its track moved with the first packet of sound.</summary>
    [Fact]
    public async Task Publish_RestartSoundFirst_FormerConnectionCarriesPicture()
    {
        var (first, bob, second) = await RestartWhileSubscribedAsync();

        await UntilHandedOverAsync(bob, first, second, sendSecond: () => SendSound(second, Second), sound: Second, picture: First);
        Assert.Equal(2, await SessionsAsync());
        await UntilHandedOverAsync(bob, first, second, sendSecond: () => Send(second, Second), sound: Second, picture: Second);

        await _events.UntilAsync("the first session ended", e => e.All.Any(x => x is { State: "closed", Reason: "replaced", Kind: "publish" }));
        Assert.Equal(1, await SessionsAsync());
        Assert.DoesNotContain(_events.All, e => e.Type is RoomEventTypes.Offer or RoomEventTypes.TrackRemoved);
    }

    /// <summary>The first packet of the first key frame was lost on the new connection.</summary>
    [Fact]
    public async Task Publish_RestartWithoutKeyFrame_RequestsItAndFormerConnectionCarriesPicture()
    {
        var (first, bob, second) = await RestartWhileSubscribedAsync();

        await UntilHandedOverAsync(bob, first, second, sendSecond: () => SendDelta(second, Second), sound: First, picture: First);
        await SyntheticPeer.UntilAsync("a request for a key frame", second.WasAskedForKeyFrame, first, second, bob);
        Assert.DoesNotContain(bob.Rtp, p => p[^1] == Second);
        await UntilHandedOverAsync(bob, first, second, sendSecond: () => Send(second, Second), sound: Second, picture: Second);
    }

    /// <summary>As a client that lies, or one whose camera is paused: it sends sound on both connections for ever, and pictures on the former one only.</summary>
    [Fact]
    public async Task Publish_RestartThatNeverSendsPicture_EndsFormerConnectionAfterItsLimit()
    {
        var (first, bob, second) = await RestartWhileSubscribedAsync();

        await SyntheticPeer.UntilAsync(
            "the first session ended",
            () =>
            {
                Send(first, First);
                SendSound(second, Second);
                return _events.All.Any(e => e is { State: "closed", Reason: "replaced", Kind: "publish" });
            },
            first,
            second,
            bob);

        Assert.Equal(1, await SessionsAsync());
        Assert.Equal(2, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
        Assert.DoesNotContain(_events.All, e => e.Type is RoomEventTypes.Offer or RoomEventTypes.TrackRemoved);
    }

    /// <summary>The third connection begins while sound comes on the second one, and pictures on the first one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publish_RestartBetweenSoundAndPicture_CarriesBothUntilTheyStart(bool secondFails)
    {
        var (first, bob, second) = await RestartWhileSubscribedAsync();
        await UntilHandedOverAsync(bob, first, second, sendSecond: () => SendSound(second, Second), sound: Second, picture: First);

        using var third = new SyntheticPeer();
        var answer = await RestartAsync(third);
        await UntilHandedOverAsync(bob, first, second, sendSecond: () => SendSound(second, Second), sound: Second, picture: First);
        if (secondFails)
        {
            await EndAsync(sessions => sessions[1]);
        }

        third.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync("third connected", () => third.IsConnected, third);
        await UntilHandedOverAsync(bob, first, third, sendSecond: () => SendSound(third, Third), sound: Third, picture: First);
        await UntilHandedOverAsync(bob, first, third, sendSecond: () => Send(third, Third), sound: Third, picture: Third);

        await SyntheticPeer.UntilTrueAsync("one session", async () => await SessionsAsync() == 1, third, bob);
        Assert.Equal(2, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
        Assert.DoesNotContain(_events.All, e => e.Type is RoomEventTypes.Offer or RoomEventTypes.TrackRemoved);
    }

    /// <summary>Sound has moved from the second connection to the third one, and pictures still come on the first one.</summary>
    [Fact]
    public async Task Publish_SecondOfThreeConnectionsEnds_OthersGoOn()
    {
        var (first, bob, second) = await RestartWhileSubscribedAsync();
        await UntilHandedOverAsync(bob, first, second, sendSecond: () => SendSound(second, Second), sound: Second, picture: First);
        using var third = await PublishAsync(peer => TestSdp.Publish(peer), restart: true);
        await UntilHandedOverAsync(bob, first, third, sendSecond: () => SendSound(third, Third), sound: Third, picture: First);
        Assert.Equal(3, await SessionsAsync());

        await EndAsync(sessions => sessions[1]);

        Assert.Equal(2, await SessionsAsync());
        await UntilHandedOverAsync(bob, first, third, sendSecond: () => SendSound(third, Third), sound: Third, picture: First);
        await UntilHandedOverAsync(bob, first, third, sendSecond: () => Send(third, Third), sound: Third, picture: Third);
        await SyntheticPeer.UntilTrueAsync("one session", async () => await SessionsAsync() == 1, third, bob);
        Assert.DoesNotContain(_events.All, e => e.Type is RoomEventTypes.Offer or RoomEventTypes.TrackRemoved);
    }

    /// <summary>The third connection is replaced before it connects, while the first two carry pictures and sound.</summary>
    [Fact]
    public async Task Publish_RestartBeforeThirdConnectionConnects_FirstTwoCarryUntilTheFourthDoes()
    {
        var (first, bob, second) = await RestartWhileSubscribedAsync();
        await UntilHandedOverAsync(bob, first, second, sendSecond: () => SendSound(second, Second), sound: Second, picture: First);
        using var third = new SyntheticPeer();
        await RestartAsync(third);
        using var fourth = new SyntheticPeer();
        var answer = await RestartAsync(fourth);

        Assert.Equal(3, await SessionsAsync());
        await UntilHandedOverAsync(bob, first, second, sendSecond: () => SendSound(second, Second), sound: Second, picture: First);
        fourth.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync("fourth connected", () => fourth.IsConnected, fourth);
        await UntilHandedOverAsync(bob, first, fourth, sendSecond: () => Send(fourth, Third), sound: Third, picture: Third);
        await SyntheticPeer.UntilTrueAsync("one session", async () => await SessionsAsync() == 1, fourth, bob);
        Assert.DoesNotContain(_events.All, e => e.Type is RoomEventTypes.Offer or RoomEventTypes.TrackRemoved);
    }

    [Fact]
    public async Task Publish_ThirdConnectionEnds_SecondOneGoesOn()
    {
        var (first, bob, second) = await RestartWhileSubscribedAsync();
        await UntilHandedOverAsync(bob, first, second, sendSecond: () => SendSound(second, Second), sound: Second, picture: First);
        using var third = new SyntheticPeer();
        await RestartAsync(third);

        await EndAsync(sessions => sessions[^1]);
        await UntilHandedOverAsync(bob, first, second, sendSecond: () => Send(second, Second), sound: Second, picture: Second);

        Assert.Equal(1, await SessionsAsync());
        Assert.DoesNotContain(_events.All, e => e.Type is RoomEventTypes.Offer or RoomEventTypes.TrackRemoved);
    }

    /// <summary>A client that restarts all the time, and moves a track each time.</summary>
    [Fact]
    public async Task Publish_RestartsThatMoveOneTrack_KeepThreeSessions()
    {
        using var first = await PublishAsync(peer => TestSdp.Publish(peer));
        using var bob = new SyntheticPeer();
        await SubscribeAsync(bob, first);
        var others = new List<SyntheticPeer>();
        for (byte i = 0; i < 4; i++)
        {
            var (other, mark) = (await PublishAsync(peer => TestSdp.Publish(peer), restart: true), (byte)(Second + i));
            others.Add(other);
            await SyntheticPeer.UntilAsync(
                "sound of the newest connection",
                () =>
                {
                    SendSound(other, mark);
                    return bob.Rtp.Any(p => p[^1] == mark);
                },
                [bob, first, .. others]);
            Assert.InRange(await SessionsAsync(), 1, 3);
        }

        await UntilReceivedAsync(bob, 1, others[^1], (byte)(Second + 3));
        others.ForEach(o => o.Dispose());
        Assert.Equal(2, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
    }

    [Fact]
    public async Task Publish_EndBetweenSoundAndPicture_RemovesAllTracks()
    {
        var (first, bob, second) = await RestartWhileSubscribedAsync();
        await UntilHandedOverAsync(bob, first, second, sendSecond: () => SendSound(second, Second), sound: Second, picture: First);
        using var third = new SyntheticPeer();
        var answer = await RestartAsync(third);

        await _node.Control.DeleteSessionAsync("r", answer.SessionId, default);

        Assert.Equal(0, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
        Assert.Equal(0, await SessionsAsync());
    }

    /// <summary>The former picture is shown until the one in the other codec arrives.</summary>
    [Fact]
    public async Task Publish_RestartWithOtherCodecSoundFirst_KeepsPictureUntilItsKeyFrame()
    {
        var (first, bob, second) = await RestartWhileSubscribedAsync(peer => TestSdp.Publish(peer).Replace("VP8", "H264", StringComparison.Ordinal));

        await UntilHandedOverAsync(bob, first, second, sendSecond: () => SendSound(second, Second), sound: Second, picture: First);
        Assert.DoesNotContain(_events.All, e => e.Type == RoomEventTypes.TrackRemoved);
        second.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x65, 1, 2, Second], marker: true); // a key frame (IDR)

        await _events.UntilAsync("the former picture removed", e => e.All.Any(x => x is { Type: RoomEventTypes.TrackRemoved, Source: "camera" }));
        Assert.Equal(2, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
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

    /// <summary>Sends everything on the first connection, and something on the newer one, until enough sound and pictures in a row have arrived from the expected connections.</summary>
    private static async Task UntilHandedOverAsync(SyntheticPeer subscriber, SyntheticPeer first, SyntheticPeer newer, Action sendSecond, byte sound, byte picture)
    {
        const int Enough = 5;
        bool EndsWith(byte payloadType, byte mark) =>
            subscriber.Rtp.Where(p => Header(p).PayloadType == payloadType).TakeLast(Enough).Count(p => p[^1] == mark) == Enough;
        var before = subscriber.Rtp.Count;
        await SyntheticPeer.UntilAsync(
            $"sound of {sound} and pictures of {picture}",
            () =>
            {
                Send(first, First);
                sendSecond();
                return subscriber.Rtp.Count >= before + (4 * Enough) && EndsWith(111, sound) && EndsWith(96, picture);
            },
            first,
            newer,
            subscriber);
    }

    private static void SendSound(SyntheticPeer publisher, byte mark) => publisher.SendRtp(TestSdp.AudioSsrc, 111, 0, [1, 2, mark]);

    private static void SendDelta(SyntheticPeer publisher, byte mark) => publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x01, 1, 2, 3, mark], marker: true);

    private static void Send(SyntheticPeer publisher, byte mark)
    {
        SendSound(publisher, mark);
        publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x00, 1, 2, 3, mark], marker: true); // a key frame
    }

    private Task<bool> HasTimedOutAsync(TimeSpan after) => _node.Host.Rooms.RunAsync(
        "r", room => room.Participants.Single(p => p.Id == "alice").Sessions.Find<PublishSession>()!.HasTimedOut(MonotonicClock.NowTicks + after.Ticks), default);

    private Task<int> SessionsAsync() => _node.Host.Rooms.RunAsync("r", room => room.Participants.Single(p => p.Id == "alice").Sessions.All.Count, default);

    /// <summary>Ends a session of alice as when its connection is lost.</summary>
    private Task EndAsync(Func<List<IRoomSession>, IRoomSession> choose) => _node.Host.Rooms.RunAsync(
        "r",
        room =>
        {
            var sessions = room.Participants.Single(p => p.Id == "alice").Sessions;
            sessions.End(choose(sessions.All));
            return true;
        },
        default);

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

    /// <summary>Alice publishes, Bob receives it, and Alice has a new connection, on which she has sent nothing yet.</summary>
    private async Task<(SyntheticPeer First, SyntheticPeer Bob, SyntheticPeer Second)> RestartWhileSubscribedAsync(Func<SyntheticPeer, string>? offer = null)
    {
        var first = await PublishAsync(peer => TestSdp.Publish(peer));
        _peers.Add(first);
        var bob = new SyntheticPeer();
        _peers.Add(bob);
        await SubscribeAsync(bob, first);
        await UntilReceivedAsync(bob, 1, first);
        var second = await PublishAsync(offer ?? (peer => TestSdp.Publish(peer)), restart: true);
        _peers.Add(second);
        return (first, bob, second);
    }

    private async Task SubscribeAsync(SyntheticPeer peer, SyntheticPeer publisher)
    {
        var offer = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        await _node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, peer) }, default);
        peer.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync("bob connected", () => peer.IsConnected, peer, publisher);
    }
}
