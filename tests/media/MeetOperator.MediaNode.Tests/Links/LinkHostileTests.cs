using MeetOperator.MediaNode.Links;
using MeetOperator.Relay.Messages;
using MeetOperator.Sfu.Allocation;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>The other end of a link sends what it must not.</summary>
public sealed class LinkHostileTests
{
    private const string Peer = "meet-default/peer";
    private long _now = TimeSpan.TicksPerHour;
    private readonly CarryAll _owner = new();
    private readonly LinkIncoming _link;

    public LinkHostileTests()
    {
        _link = new LinkIncoming(new SimulatedLinkEnd(1, () => _now), _owner, LinkEnd.OfNode(Peer), ownSsrc: 2);
        _link.Open(_now);
    }

    public static TheoryData<string> Messages => [.. Valid.Keys];

    private static readonly TrackAddedMessage Camera = new()
    {
        Track = 1,
        Carriage = 1,
        Hops = 1,
        Origin = Peer,
        OriginGeneration = 1,
        ParticipantId = "alice",
        Source = LinkTrackSource.Camera,
        Codec = new RelayedCodec { Name = "VP8", ClockRate = 90000, PayloadType = 96, RtxPayloadType = 97 },
        Layers = [new RelayedLayer("q", 10, 11), new RelayedLayer("f", 12, 13)],
    };

    private static readonly Dictionary<string, byte[]> Valid = new()
    {
        ["track-added"] = Bytes(Camera.Write),
        ["track-removed"] = Bytes(new TrackRemovedMessage(1).Write),
        ["track-muted"] = Bytes(new TrackMutedMessage(1, true).Write),
        ["track-layers"] = Bytes(new TrackLayersMessage { Track = 1, Layers = [default, default] }.Write),
        ["heard"] = Bytes(new HeardMessage { Microphones = [new RelayedSpeech(2, 100, true, 10, 10)] }.Write),
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void OnMessage_TruncatedOrLonger_IsDroppedAndCounted(string type)
    {
        Send(Camera);
        var valid = Valid[type];
        for (var length = 0; length < valid.Length; length++)
        {
            _link.OnMessage(_now, valid.AsSpan(0, length));
        }

        _link.OnMessage(_now, [.. valid, 0]);

        Assert.Equal(valid.Length + 1, _link.Refusals[LinkRefusal.Malformed]);
        Assert.Equal(["announced alice"], _owner.Calls);
        Assert.False(Assert.Single(_link.Tracks).IsMuted);
    }

    [Fact]
    public void OnMessage_TypeOfOtherDirectionOrUnknown_IsDroppedAndCounted()
    {
        _link.OnMessage(_now, Bytes(new DemandMessage(1, 1).Write));
        _link.OnMessage(_now, Bytes(new ByeMessage(ByeReason.Removed).Write));
        _link.OnMessage(_now, [200, 1, 2]);

        Assert.Equal(3, _link.Refusals[LinkRefusal.Malformed]);
    }

    /// <summary>Changed bytes never throw, and never make more tracks than were announced.</summary>
    [Theory]
    [MemberData(nameof(Messages))]
    public void OnMessage_ChangedBytes_NeverThrows(string type)
    {
        Send(Camera);
        _ = new TestViewer(_owner.Tracks[0], () => _now, TrackView.Of(1280, 720));
        var random = new Random(7);
        for (var i = 0; i < 5_000; i++)
        {
            var message = Valid[type].ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                message[random.Next(message.Length)] = (byte)random.Next(256);
            }

            _now += TimeSpan.TicksPerMillisecond;
            _link.OnMessage(_now, message);
            _link.HandleTimeout(_now);
        }

        Assert.Equal(_link.Tracks.Count, _owner.Tracks.Count);
        Assert.True(_link.Refusals.Total > 0);
    }

    [Theory]
    [InlineData("track-removed")]
    [InlineData("track-muted")]
    [InlineData("track-layers")]
    [InlineData("heard")]
    public void OnMessage_UnknownTrack_IsDroppedAndCounted(string type)
    {
        _link.OnMessage(_now, Valid[type]);

        Assert.Equal(1, _link.Refusals[LinkRefusal.UnknownTrack]);
        Assert.Empty(_owner.Calls);
    }

    [Fact]
    public void TrackAdded_OfOtherNodeOrOverTwoLinks_IsRefused()
    {
        Send(Camera with { Origin = "meet-default/other" });
        Send(Camera with { Hops = 2 });

        AssertRefused(LinkRefusal.Origin, 2);
    }

    [Fact]
    public void TrackAdded_UnsupportedTrack_IsRefused()
    {
        Send(Camera with { Codec = Camera.Codec with { Name = "theora" } });
        Send(Camera with { Codec = Camera.Codec with { ClockRate = 48000 } });
        Send(Camera with { Codec = Camera.Codec with { RtxPayloadType = 96 } });
        Send(Camera with { Source = LinkTrackSource.Microphone });
        Send(Camera with { Layers = [new RelayedLayer("q", 10, 11), new RelayedLayer("q", 12, 13)] });
        Send(Camera with { Layers = [new RelayedLayer("", 10, 11), new RelayedLayer("q", 12, 13)] });

        AssertRefused(LinkRefusal.UnsupportedTrack, 6);
    }

    [Theory]
    [InlineData(10, 21)]
    [InlineData(20, 13)]
    [InlineData(20, 20)]
    public void TrackAdded_SsrcInUse_IsRefused(uint ssrc, uint rtxSsrc)
    {
        Send(Camera);
        Send(Camera with { Track = 2, ParticipantId = "bob", Layers = [new RelayedLayer("", ssrc, rtxSsrc)] });

        Assert.Equal(1, _link.Refusals[LinkRefusal.SsrcCollision]);
        Assert.Equal(["announced alice"], _owner.Calls);
    }

    [Fact]
    public void TrackAdded_SsrcOfRemovedTrack_IsAccepted()
    {
        Send(Camera);
        _link.OnMessage(_now, Valid["track-removed"]);
        Send(Camera with { Track = 2 });

        Assert.Equal(["announced alice", "removed alice", "announced alice"], _owner.Calls);
    }

    [Fact]
    public void TrackAdded_OtherTrackWithSameNumber_IsRefused()
    {
        Send(Camera);
        Send(Camera with { ParticipantId = "bob" });
        Send(Camera with { Source = LinkTrackSource.Screen });
        Send(Camera with { Layers = [Camera.Layers[0]] });
        Send(Camera with { Layers = [new RelayedLayer("q", 20, 11), new RelayedLayer("f", 12, 13)] });
        Assert.Equal(4, _link.Refusals[LinkRefusal.Contradiction]);

        _link.OnMessage(_now, Bytes(new TrackLayersMessage { Track = 1, Layers = [default] }.Write));
        Assert.Equal(5, _link.Refusals[LinkRefusal.Contradiction]);
        Assert.Equal(["announced alice"], _owner.Calls);
    }

    [Fact]
    public void TrackAdded_MoreTracksThanALinkCanHave_AreRefused()
    {
        for (var i = 1u; i <= LinkIncoming.MaxTracks + 10; i++)
        {
            _now += TimeSpan.TicksPerSecond / 50;
            Send(Numbered(i));
        }

        AssertRefused(LinkRefusal.TooManyTracks, 10, tracks: LinkIncoming.MaxTracks);
    }

    /// <summary>One track is announced and removed all the time, after the burst that a new channel may have.</summary>
    [Fact]
    public void TrackAdded_TooOften_IsRefused()
    {
        var accepted = 0;
        for (var i = 1u; i <= 10_000; i++)
        {
            _now += TimeSpan.TicksPerSecond / 1_000;
            Send(Numbered(i));
            accepted += _link.Tracks.Count;
            _link.OnMessage(_now, Bytes(new TrackRemovedMessage(i).Write));
        }

        Assert.InRange(accepted, 2048, 2048 + (10 * 64));
        Assert.Equal(10_000 - accepted, _link.Refusals[LinkRefusal.TooManyAnnouncements]);
    }

    /// <summary>A stream that nobody announced must not become part of the only track with its payload type.</summary>
    [Fact]
    public void OnRtp_UnannouncedSsrc_BelongsToNoTrack()
    {
        Send(Camera with { Layers = [new RelayedLayer("", 10, 11)] });
        for (var i = 0; i < 500; i++)
        {
            _now += 10 * TimeSpan.TicksPerMillisecond;
            byte[] packet = [0x80, 96, (byte)(i >> 8), (byte)i, 0, 0, 0, 0, 0, 0, 0, 99, 0x10, 0, 0, 0];
            Assert.Equal(Sfu.Peers.ReceivedMedia.Unknown, _link.OnRtp(_now, packet, _now));
        }

        Assert.Equal(0, Assert.Single(_owner.Tracks).Track.ReceivedPackets);
    }

    private static TrackAddedMessage Numbered(uint number) =>
        Camera with { Track = number, ParticipantId = $"p{number}", Layers = [new RelayedLayer("", 1_000_000 + (2 * number), 1_000_001 + (2 * number))] };

    private void Send(TrackAddedMessage message) => _link.OnMessage(_now, Bytes(message.Write));

    private void AssertRefused(LinkRefusal refusal, long count, int tracks = 0)
    {
        Assert.Equal((count, count), (_link.Refusals[refusal], _link.Refusals.Total));
        Assert.Equal(tracks, _link.Tracks.Count);
    }

    private delegate int WriteMessage(Span<byte> destination);

    private static byte[] Bytes(WriteMessage write)
    {
        var buffer = new byte[LinkMessage.MaximumLength];
        return buffer[..write(buffer)];
    }
}
