using System.Diagnostics;
using System.Net;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Slots;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Subscribers with slots, over real sockets: the node switches what a section carries without an offer.</summary>
public sealed class SlotTests : IAsyncLifetime
{
    private static readonly byte[] KeyFrame = [0x10, 0x00, 1, 2, 3, 4];
    private readonly List<SyntheticPeer> _peers = [];
    private TestNode _node = null!;
    private RoomEvents _events = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync(o => o with { SilenceTimeout = TimeSpan.FromMinutes(5), ParticipantTimeout = TimeSpan.FromMinutes(5) });
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        _events = await RoomEvents.OpenAsync(_node.Control, "r");
    }

    public async Task DisposeAsync()
    {
        _peers.ForEach(p => p.Dispose());
        await _events.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Subscribe_WithSlots_OffersTheSameSectionsWhoeverIsThere()
    {
        var empty = await OfferAsync("bob");
        await PublishAsync("alice");
        var full = await OfferAsync("carol");

        Assert.Equal((1, 22), (empty.Revision, Count(empty.Sdp, "\r\nm=")));
        Assert.Equal(22, Count(full.Sdp, "\r\nm="));
        Assert.Equal(22, Count(full.Sdp, "a=sendonly"));
        Assert.Empty(empty.Tracks);
        Assert.Equal(["microphone", "camera"], full.Tracks.Select(t => t.Source));
        Assert.Contains("a=msid:slot-0 slot-0-audio", full.Sdp, StringComparison.Ordinal);
        Assert.Contains("a=msid:slot-0 slot-0-video", full.Sdp, StringComparison.Ordinal);
        Assert.DoesNotContain("alice", full.Sdp, StringComparison.Ordinal);
        Assert.All(["VP8/90000", "VP9/90000", "H264/90000", "AV1/90000"], codec => Assert.Equal(8, Count(full.Sdp, codec)));
    }

    [Fact]
    public async Task Join_OthersHaveSlots_SendsNoOffer()
    {
        var bob = await SubscribeAsync("bob");

        foreach (var name in new[] { "alice", "carol", "dave" })
        {
            await PublishAsync(name);
            await _events.UntilAsync($"{name} has slots", e => e.Last(RoomEventTypes.Slots, "bob")?.Tracks?.Count(t => t.ParticipantId == name) == 2);
        }

        Assert.Null(_events.Last(RoomEventTypes.Offer, "bob"));
        var versions = _events.All.Where(e => e.Type == RoomEventTypes.Slots).Select(e => e.SlotsVersion!.Value).ToList();
        Assert.Equal(versions.Order().Distinct(), versions);
        Assert.Equal(6, _events.Last(RoomEventTypes.Slots, "bob")!.Tracks!.Select(t => t.Mid).Distinct().Count());
    }

    [Fact]
    public async Task Slot_NextParticipant_ContinuesStreamWithSameSsrc()
    {
        var (bob, offer) = await SubscribeAsync("bob", pictures: 1);
        var alice = await PublishAsync("alice");
        await SyntheticPeer.UntilAsync("alice flows", () => SendBoth(alice) && Videos(bob).Count > 2, alice, bob);
        await _node.Control.DeleteParticipantAsync("r", "alice", default);
        await _events.UntilAsync("the slot is free", e => e.Last(RoomEventTypes.Slots, "bob")!.Tracks!.Count == 0);
        var carol = await PublishAsync("carol");
        await ConfirmAsync("bob", offer.SessionId);

        await SyntheticPeer.UntilAsync("carol flows", () => SendBoth(carol) && MidOf("bob", "carol", "camera") is not null && Videos(bob)[^1].Timestamp - Videos(bob)[0].Timestamp > 45_000, carol, bob);

        Assert.Single(Videos(bob).Select(p => p.Ssrc).Distinct());
        Assert.Equal(Enumerable.Range(Videos(bob)[0].SequenceNumber, Videos(bob).Count), Videos(bob).Select(p => (int)p.SequenceNumber));
        Assert.DoesNotContain(bob.Rtcp, HasGoodbye);
        Assert.Null(_events.Last(RoomEventTypes.Offer, "bob"));
    }

    [Fact]
    public async Task Slot_ReleasedAndNotConfirmed_IsNotUsedAgain()
    {
        var (bob, offer) = await SubscribeAsync("bob", pictures: 1);
        await PublishAsync("alice");
        await _events.UntilAsync("alice has the slot", e => MidOf("bob", "alice", "camera") is not null);
        var alice = _events.Last(RoomEventTypes.Slots, "bob")!;
        await _node.Control.DeleteParticipantAsync("r", "alice", default);
        await _events.UntilAsync("the slot is free", e => e.Last(RoomEventTypes.Slots, "bob")!.Tracks!.Count == 0);
        var carol = await PublishAsync("carol");

        // A confirmation of an older version, of another session or of a version that does not exist yet changes nothing.
        await _node.Control.ConfirmSlotsAsync("r", "bob", new SlotsConfirmation { SessionId = offer.SessionId, Version = alice.SlotsVersion!.Value }, default);
        await _node.Control.ConfirmSlotsAsync("r", "bob", new SlotsConfirmation { SessionId = "other", Version = 1_000 }, default);
        await _node.Control.ConfirmSlotsAsync("r", "bob", new SlotsConfirmation { SessionId = offer.SessionId, Version = 1_000_000 }, default);
        var end = DateTime.UtcNow + TimeSpan.FromTicks(SlotAssignment.RestTicks * 2);
        await SyntheticPeer.UntilAsync("the rest is over", () => SendBoth(carol) && DateTime.UtcNow > end, carol, bob);
        Assert.Null(MidOf("bob", "carol", "camera"));
        Assert.Empty(Videos(bob));

        await ConfirmAsync("bob", offer.SessionId);
        await _events.UntilAsync("carol has the slot", e => MidOf("bob", "carol", "camera") is not null);
        await SyntheticPeer.UntilAsync("carol flows", () => SendBoth(carol) && Videos(bob).Count > 0, carol, bob);
    }

    [Fact]
    public async Task Sound_ParticipantNotShown_HasSlotForSound()
    {
        var (bob, _) = await SubscribeAsync("bob");
        await ViewAsync("bob", "somebody-else");
        var alice = await PublishAsync("alice");

        await _events.UntilAsync("alice has a slot", e => MidOf("bob", "alice", "microphone") is not null);
        Assert.Null(MidOf("bob", "alice", "camera"));
        await SyntheticPeer.UntilAsync("alice is heard", () => SendBoth(alice) && bob.Rtp.Exists(p => Header(p).PayloadType == 111), alice, bob);
        Assert.Empty(Videos(bob));
    }

    [Fact]
    public async Task Sound_ManyMicrophones_OnlyTheLoudestAreForwarded()
    {
        var (bob, _) = await SubscribeAsync("bob");
        var peers = new List<SyntheticPeer>();
        for (var i = 0; i < 5; i++)
        {
            peers.Add(await PublishAsync($"p{i}"));
        }

        await ViewAsync("bob", "p0", "p1", "p2", "p3", "p4");
        await _events.UntilAsync("all have slots", e => e.Last(RoomEventTypes.Slots, "bob")!.Tracks!.Count == 10);
        await SyntheticPeer.UntilAsync(
            "three are heard", () => peers.TrueForAll(SendBoth) && Voices(bob) == 3, [.. peers, bob]);
        for (var i = 0; i < 50; i++)
        {
            peers.ForEach(p => SendBoth(p));
            bob.Pump();
        }

        Assert.Equal(3, Voices(bob));
    }

    [Fact]
    public async Task Sound_PinnedAndQuiet_IsForwardedBesideThreeLouder()
    {
        var (bob, _) = await SubscribeAsync("bob");
        string[] names = ["loud0", "loud1", "loud2", "quiet"];
        var peers = new List<SyntheticPeer>();
        foreach (var name in names)
        {
            peers.Add(await PublishAsync(name));
        }

        // Each packet ends with the number of its sender.
        bool Speak()
        {
            var timestamp = (uint)(long)(Stopwatch.GetTimestamp() * 48000.0 / Stopwatch.Frequency);
            for (var i = 0; i < peers.Count; i++)
            {
                peers[i].SendVoice(TestSdp.AudioSsrc, timestamp, level: (byte)(i == 3 ? 90 : 20), [1, 2, (byte)i]);
            }

            return true;
        }

        List<int> Heard() => [.. bob.Rtp.Where(p => Header(p).PayloadType == 111).Select(p => (int)p[^1]).Distinct().Order()];
        await ViewAsync("bob", names);
        await _events.UntilAsync("all have slots", e => e.Last(RoomEventTypes.Slots, "bob")!.Tracks!.Count == 8);
        await SyntheticPeer.UntilAsync("the loud are heard", () => Speak() && Heard() is [0, 1, 2, ..], [.. peers, bob]);
        bob.Rtp.Clear();
        await SyntheticPeer.UntilAsync("they go on", () => Speak() && bob.Rtp.Count > 100, [.. peers, bob]);
        Assert.Equal([0, 1, 2], Heard());

        await ViewAsync("bob", pinned: "quiet", names);

        await SyntheticPeer.UntilAsync("the pinned one is heard", () => Speak() && Heard() is [0, 1, 2, 3], [.. peers, bob]);
        bob.Rtp.Clear();
        await SyntheticPeer.UntilAsync("all are heard together", () => Speak() && Heard() is [0, 1, 2, 3], [.. peers, bob]);

        await _node.Control.ViewAsync("r", "bob", new ViewRequest { Tracks = [], Pinned = ["quiet"] }, default);
        bob.Rtp.Clear();
        await SyntheticPeer.UntilAsync("many packets follow", () => Speak() && bob.Rtp.Count > 400, [.. peers, bob]);
        Assert.Equal(3, bob.Rtp.TakeLast(50).Max(p => (int)p[^1]));
    }

    /// <summary>In a hidden tab, or with audio only, no tile is shown.</summary>
    [Fact]
    public async Task Sound_PinnedBeforeItIsPublished_GetsASlotAtOnce()
    {
        var (bob, _) = await SubscribeAsync("bob");
        var loud = new List<SyntheticPeer>();
        for (var i = 0; i < 4; i++) // the loudest three are heard, and the next one would take a free place
        {
            loud.Add(await PublishAsync($"loud{i}"));
        }

        var timestamp = 0u;
        bool Speak()
        {
            timestamp += 960;
            for (var i = 0; i < loud.Count; i++)
            {
                loud[i].SendVoice(TestSdp.AudioSsrc, timestamp, level: (byte)(10 + (20 * i)), [1, 2, 3]);
            }

            return true;
        }

        await _node.Control.ViewAsync("r", "bob", new ViewRequest { Tracks = [], Pinned = ["quiet"] }, default);
        await SyntheticPeer.UntilAsync("the loud are heard", () => Speak() && bob.Rtp.Count > 300 && Voices(bob) >= 3, [.. loud, bob]);
        Assert.Equal(3, Voices(bob));

        var quiet = await PublishAsync("quiet");

        await SyntheticPeer.UntilAsync("the pinned one has a slot", () => Speak() && MidOf("bob", "quiet", "microphone") is not null, [.. loud, quiet, bob]);
    }

    [Fact]
    public async Task View_MoreTilesThanSlots_OffersMoreSectionsOnce()
    {
        var (bob, first) = await SubscribeAsync("bob");
        for (var i = 0; i < 6; i++)
        {
            await PublishAsync($"p{i}");
        }

        await _events.UntilAsync("a second offer", e => e.Last(RoomEventTypes.Offer, "bob") is not null);
        var second = _events.Last(RoomEventTypes.Offer, "bob")!;
        Assert.Equal((2, 38), (second.Revision, Count(second.Sdp!, "\r\nm=")));
        Assert.StartsWith(SsrcLines(first.Sdp), SsrcLines(second.Sdp!), StringComparison.Ordinal);
        await _node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = 2, Sdp = TestSdp.Answer(second.Sdp!, bob) }, default);
        await _node.Control.DeleteParticipantAsync("r", "p0", default);
        await _events.UntilAsync("p0 is gone", e => e.Last(RoomEventTypes.Slots, "bob")?.Tracks is { } tracks && tracks.All(t => t.ParticipantId != "p0"));
        Assert.Equal(2, _events.Last(RoomEventTypes.Offer, "bob")!.Revision);
    }

    [Fact]
    public async Task Subscribe_Again_TellsWhatSlotsCarryNow()
    {
        await SubscribeAsync("bob");
        await PublishAsync("alice");
        await _events.UntilAsync("alice has slots", e => MidOf("bob", "alice", "camera") is not null);

        var again = await OfferAsync("bob");
        await using var events = await RoomEvents.OpenAsync(_node.Control, "r");

        Assert.Equal(1, again.Revision);
        Assert.Equal(2, again.Tracks.Count);
        Assert.Equal(_events.Last(RoomEventTypes.Slots, "bob")!.SlotsVersion, again.SlotsVersion);
        Assert.Equal(again.SlotsVersion, events.Last(RoomEventTypes.Offer, "bob")!.SlotsVersion);
    }

    [Fact]
    public async Task View_SameAgain_ConcernsTheSlotsOnlyOnce()
    {
        await SubscribeAsync("bob");

        Assert.True(await ViewAgainAsync());
        Assert.False(await ViewAgainAsync());

        Task<bool> ViewAgainAsync() => _node.Host.Rooms.RunAsync("r", room =>
        {
            var session = room.Participants.Single().Sessions.Find<SubscribeSession>()!;
            session.IsQueued = false; // as after its turn
            room.View("bob", ParticipantViews.Read(new ViewRequest { Tracks = [] }));
            return session.IsQueued;
        }, default);
    }

    /// <summary>A new session may belong to another page, so a view counts for it also when the former session had the same one.</summary>
    [Fact]
    public async Task View_SameAsInFormerSession_AppliesToTheNewOne()
    {
        var nothing = new ViewRequest { Tracks = [] };
        await SubscribeAsync("bob");
        await _node.Control.ViewAsync("r", "bob", nothing, default);
        Assert.True(await IsViewKnownAsync());

        await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1, Slots = new SlotCounts { Audio = 6, Video = SlotLimits.MaxPictures }, Restart = true }, default);
        Assert.False(await IsViewKnownAsync());
        await _node.Control.ViewAsync("r", "bob", nothing, default);

        Assert.True(await IsViewKnownAsync());

        Task<bool> IsViewKnownAsync() => _node.Host.Rooms.RunAsync("r", room => room.Participants.Single().Context.Views.IsKnown, default);
    }

    /// <summary>What a client claims to show reaches nobody else, and gets it nothing that does not exist.</summary>
    [Fact]
    public async Task View_OfLiar_ShowsAndHearsOnlyOthersInTheRoom()
    {
        await SubscribeAsync("bob");
        await SubscribeAsync("carol");
        await PublishAsync("alice");
        await PublishAsync("bob");
        await _node.Control.PutRoomAsync("other", new RoomSpec { Generation = 1 }, default);

        await _node.Control.ViewAsync(
            "r", "bob", new ViewRequest { Tracks = [.. Enumerable.Range(0, 197).Select(i => $"nobody-{i}").Concat(["bob", "carol", "alice"]).Select(id => new ViewedTrack { ParticipantId = id, Source = "camera", Width = 320, Height = 180, Pinned = true })] }, default);
        await PublishAsync("dave");
        await _events.UntilAsync("carol has dave", e => MidOf("carol", "dave", "camera") is not null);
        await _events.UntilAsync("bob hears dave", e => MidOf("bob", "dave", "microphone") is not null);

        var shown = _events.Last(RoomEventTypes.Slots, "bob")!.Tracks!;
        Assert.Equal(["alice", "alice", "dave"], shown.Select(t => t.ParticipantId).Order());
        Assert.Equal(["alice", "alice", "bob", "bob", "dave", "dave"], _events.Last(RoomEventTypes.Slots, "carol")!.Tracks!.Select(t => t.ParticipantId).Order());
        var unknown = await Assert.ThrowsAsync<NodeControlException>(() => _node.Control.ConfirmSlotsAsync("other", "bob", new SlotsConfirmation { SessionId = "s", Version = 1 }, default));
        Assert.Equal(HttpStatusCode.NotFound, unknown.Status);
    }

    /// <summary>A slot changes as often as the client confirms. The client gets one continuous stream, and only of those whom it was told about.</summary>
    [Fact]
    public async Task View_ChangesAllTheTime_StreamsStayContinuous()
    {
        var (bob, offer) = await SubscribeAsync("bob", pictures: 4);
        string[] names = ["p0", "p1", "p2", "p3", "p4", "p5"];
        var peers = new List<SyntheticPeer>();
        foreach (var name in names)
        {
            peers.Add(await PublishAsync(name));
        }

        var switches = 0;
        await SyntheticPeer.UntilAsync(
            "each was shown",
            () =>
            {
                peers.ForEach(p => SendBoth(p));
                if (++switches % 5 == 0)
                {
                    ViewAsync("bob", names[switches / 5 % 6], names[(switches / 5 + 1) % 6]).GetAwaiter().GetResult();
                    ConfirmAsync("bob", offer.SessionId).GetAwaiter().GetResult();
                }

                return names.All(name => _events.All.Any(e => e.Type == RoomEventTypes.Slots && e.Tracks!.Any(t => t.ParticipantId == name && t.Source == "camera"))) && switches > 300;
            },
            [.. peers, bob]);

        Assert.Null(_events.Last(RoomEventTypes.Offer, "bob"));
        foreach (var stream in bob.Rtp.Select(Header).Where(h => h.PayloadType is 96 or 111).GroupBy(h => h.Ssrc))
        {
            var numbers = stream.Select(h => h.SequenceNumber).ToList();
            Assert.Equal(Enumerable.Range(numbers[0], numbers.Count), numbers.Select(n => (int)n));
            Assert.All(stream.Zip(stream.Skip(1)), pair => Assert.True((int)(pair.Second.Timestamp - pair.First.Timestamp) >= 0));
            Assert.All(stream, h => Assert.Equal(h.PayloadType == 96, h.Marker));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Participant_MutedOrRemoved_IsNotHeardThroughItsSlot(bool removed)
    {
        var (bob, _) = await SubscribeAsync("bob");
        var alice = await PublishAsync("alice");
        var carol = await PublishAsync("carol");
        await ViewAsync("bob", "somebody-else");
        await SyntheticPeer.UntilAsync("both are heard", () => SendBoth(alice) && SendBoth(carol) && Voices(bob) == 2, alice, carol, bob);

        if (removed)
        {
            await _node.Control.ExcludeParticipantAsync("r", "alice", default);
        }
        else
        {
            await _node.Control.MuteAsync("r", "alice", new TrackMuteRequest { Muted = new MuteState { Microphone = true } }, default);
        }

        bob.Pump();
        await SyntheticPeer.UntilAsync("what was on its way has arrived", () => SendBoth(carol) && bob.Rtp.Count > 30, carol, bob);
        bob.Rtp.Clear();
        await SyntheticPeer.UntilAsync("carol is heard", () => SendBoth(alice) && SendBoth(carol) && bob.Rtp.Count > 50, alice, carol, bob);

        Assert.Equal(1, Voices(bob));
    }

    /// <summary>The SDP is written by another thread than the loop's, which must not see later changes.</summary>
    [Fact]
    public void Offer_NewCodecWhileItIsUnanswered_DoesNotChangeIt()
    {
        var codecs = new Sessions.SlotCodecs();
        var offered = codecs.Of("video");

        codecs.IndexOf(new MeetOperator.Sdp.RtpCodec { PayloadType = 102, Name = "H264", ClockRate = 90000, Parameters = "packetization-mode=1;profile-level-id=640c1f" }, out var isNew);

        Assert.True(isNew);
        Assert.Equal((4, 5), (offered.Count, codecs.Of("video").Count));
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(5, -1)]
    public async Task Subscribe_ImpossibleNumbers_IsRejected(int video, int audio)
    {
        var error = await Assert.ThrowsAsync<NodeControlException>(() => _node.Control.SubscribeAsync(
            "r", "bob", new SubscribeRequest { Generation = 1, Slots = new SlotCounts { Audio = audio, Video = video } }, default));

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-request"), (error.Status, error.Code));
    }

    [Fact]
    public async Task Subscribe_HugeNumbers_GetsTheNodesLimits()
    {
        var offer = await OfferAsync("bob", pictures: int.MaxValue, sounds: int.MaxValue);

        Assert.Equal(SlotLimits.MaxSounds + 16, Count(offer.Sdp, "\r\nm="));
    }

    private static string SsrcLines(string sdp) => string.Join('\n', sdp.Split("\r\n").Where(l => l.StartsWith("a=ssrc:", StringComparison.Ordinal)));

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static RtpHeader Header(byte[] packet)
    {
        Assert.True(RtpHeader.TryParse(packet, out var header));
        return header;
    }

    /// <summary>The number of voices that arrived.</summary>
    private static int Voices(SyntheticPeer peer) => peer.Rtp.Select(Header).Where(h => h.PayloadType == 111).Select(h => h.Ssrc).Distinct().Count();

    private static List<RtpHeader> Videos(SyntheticPeer peer) => [.. peer.Rtp.Select(Header).Where(h => h.PayloadType == 96)];

    private static bool HasGoodbye(byte[] compound)
    {
        foreach (var packet in new RtcpReader(compound))
        {
            if (packet.Type == RtcpPacketType.Goodbye)
            {
                return true;
            }
        }

        return false;
    }

    private static bool SendBoth(SyntheticPeer peer)
    {
        var milliseconds = Stopwatch.GetTimestamp() * 1000.0 / Stopwatch.Frequency;
        peer.SendRtp(TestSdp.AudioSsrc, 111, (uint)(long)(milliseconds * 48), [1, 2, 3]);
        peer.SendRtp(TestSdp.VideoSsrc, 96, (uint)(long)(milliseconds * 90), KeyFrame, marker: true);
        return true;
    }

    /// <summary>The section that carries a track, as the newest event tells.</summary>
    private string? MidOf(string subscriber, string participant, string source) =>
        (_events.Last(RoomEventTypes.Slots, subscriber) ?? _events.Last(RoomEventTypes.Offer, subscriber))?.Tracks?.FirstOrDefault(t => t.ParticipantId == participant && t.Source == source)?.Mid;

    private Task<SubscribeOffer> OfferAsync(string name, int pictures = SlotLimits.MaxPictures, int sounds = 6) => _node.Control.SubscribeAsync(
        "r", name, new SubscribeRequest { Generation = 1, Slots = new SlotCounts { Audio = sounds, Video = pictures } }, default);

    private Task ViewAsync(string name, params string[] shown) => ViewAsync(name, pinned: null, shown);

    private Task ViewAsync(string name, string? pinned, string[] shown) => _node.Control.ViewAsync(
        "r", name, new ViewRequest { Tracks = [.. shown.Select(id => new ViewedTrack { ParticipantId = id, Source = "camera", Width = 320, Height = 180, Pinned = id == pinned })] }, default);

    private Task ConfirmAsync(string name, string session) => _node.Control.ConfirmSlotsAsync(
        "r", name, new SlotsConfirmation { SessionId = session, Version = _events.Last(RoomEventTypes.Slots, name)!.SlotsVersion!.Value }, default);

    private async Task<(SyntheticPeer Peer, SubscribeOffer Offer)> SubscribeAsync(string name, int pictures = SlotLimits.MaxPictures)
    {
        var peer = new SyntheticPeer();
        _peers.Add(peer);
        var offer = await OfferAsync(name, pictures);
        await _node.Control.AnswerAsync("r", name, new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, peer) }, default);
        peer.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync($"{name} connected", () => peer.IsConnected, peer);
        return (peer, offer);
    }

    private async Task<SyntheticPeer> PublishAsync(string name)
    {
        var peer = new SyntheticPeer();
        _peers.Add(peer);
        var answer = await _node.Control.PublishAsync("r", name, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default);
        peer.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync($"{name} connected", () => peer.IsConnected, peer);
        return peer;
    }
}
