using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sdp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

public sealed class TrackSectionsTests
{
    private readonly List<TrackSection> _freed = [];
    private readonly TrackSections _sections;
    private uint _ssrc = 100;

    public TrackSectionsTests() => _sections = new TrackSections(() => _ssrc++);

    [Fact]
    public void Reconcile_NothingChanged_NeedsNoOffer()
    {
        var track = Track("alice", "VP8");

        Assert.True(_sections.Reconcile([track], _freed));
        Assert.False(_sections.Reconcile([track], _freed));
        Assert.Empty(_freed);
    }

    [Fact]
    public void Reconcile_TrackReplacedWithSameKind_ReusesSectionWithNewSsrcs()
    {
        _sections.Reconcile([Track("alice", "opus"), Track("alice", "VP8")], _freed);
        var before = _sections.All[1].Ssrcs;

        Assert.True(_sections.Reconcile([_sections.All[0].Track!, Track("bob", "VP8")], _freed));

        Assert.Equal(2, _sections.All.Count);
        Assert.Equal("bob", _sections.All[1].Track!.Track.ParticipantId);
        Assert.NotEqual(before.Primary, _sections.All[1].Ssrcs.Primary);
        Assert.Same(_sections.All[1], Assert.Single(_freed));
    }

    [Fact]
    public void Reconcile_OtherKind_AddsASection()
    {
        _sections.Reconcile([Track("alice", "VP8")], _freed);
        _sections.Reconcile([Track("bob", "opus")], _freed);

        Assert.Equal(["video", "audio"], _sections.All.Select(s => s.Kind));
        Assert.Null(_sections.All[0].ToOffer().Track);
        Assert.Equal(96, _sections.All[0].ToOffer().Codecs[0].PayloadType);
    }

    [Fact]
    public void Reconcile_AnotherCodecInTheSameSection_ChangesItsPayloadType()
    {
        _sections.Reconcile([Track("alice", "VP8")], _freed);
        _sections.Reconcile([Track("bob", "AV1")], _freed);

        Assert.Equal(("AV1", 45), (_sections.All.Single().Codec.Name, _sections.All.Single().Codec.PayloadType));
    }

    [Fact]
    public void Reconcile_MoreTracksThanSections_CountsUnplacedTracks()
    {
        var tracks = Enumerable.Range(0, SdpLimits.MaxSections + 3).Select(i => Track($"p{i}", "VP8")).ToList();

        Assert.True(_sections.Reconcile(tracks, _freed));
        Assert.Equal((SdpLimits.MaxSections, 3), (_sections.All.Count, _sections.UnplacedTracks));
        Assert.False(_sections.Reconcile(tracks, _freed));

        // A removed track frees a section for one of them.
        Assert.True(_sections.Reconcile(tracks[1..], _freed));
        Assert.Equal(2, _sections.UnplacedTracks);
        Assert.False(_sections.IsExhausted);
    }

    [Fact]
    public void Reconcile_ManyReplacedTracks_ExhaustsTheSession()
    {
        for (var i = 0; i < TrackSections.MaxPlacements; i++)
        {
            Assert.True(_sections.Reconcile([Track($"p{i}", "VP8")], _freed));
        }

        Assert.True(_sections.IsExhausted);
        Assert.True(_sections.Reconcile([Track("last", "VP8")], _freed)); // removes the previous track
        Assert.Equal(1, _sections.UnplacedTracks);
        Assert.False(_sections.Reconcile([Track("last", "VP8")], _freed));
    }

    private static PublishedTrack Track(string participant, string codec)
    {
        var kind = codec == "opus" ? MediaKind.Audio : MediaKind.Video;
        var options = new UpTrackOptions
        {
            Mid = "0",
            Kind = kind,
            ClockRate = 90000,
            PayloadType = 1,
            Extensions = HeaderExtensionMap.Empty,
            Layers = [new UpLayerOptions()],
        };
        return new PublishedTrack(new UpTrack(options, participant, kind == MediaKind.Audio ? TrackSource.Microphone : TrackSource.Camera, "t"), new RtpCodec { PayloadType = 1, Name = codec, ClockRate = 90000 });
    }
}
