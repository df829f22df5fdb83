using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sdp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

public sealed class SubscriptionSlotsTests
{
    private readonly List<SubscriptionSlot> _freed = [];
    private readonly SubscriptionSlots _slots;
    private uint _ssrc = 100;

    public SubscriptionSlotsTests() => _slots = new SubscriptionSlots(() => _ssrc++);

    [Fact]
    public void Reconcile_NothingChanged_NeedsNoOffer()
    {
        var track = Track("alice", "VP8");

        Assert.True(_slots.Reconcile([track], _freed));
        Assert.False(_slots.Reconcile([track], _freed));
        Assert.Empty(_freed);
    }

    [Fact]
    public void Reconcile_TrackReplacedWithSameKind_ReusesSectionWithNewSsrcs()
    {
        _slots.Reconcile([Track("alice", "opus"), Track("alice", "VP8")], _freed);
        var before = _slots.All[1].Ssrcs;

        Assert.True(_slots.Reconcile([_slots.All[0].Track!, Track("bob", "VP8")], _freed));

        Assert.Equal(2, _slots.All.Count);
        Assert.Equal("bob", _slots.All[1].Track!.Track.ParticipantId);
        Assert.NotEqual(before.Primary, _slots.All[1].Ssrcs.Primary);
        Assert.Same(_slots.All[1], Assert.Single(_freed));
    }

    [Fact]
    public void Reconcile_OtherKind_AddsASection()
    {
        _slots.Reconcile([Track("alice", "VP8")], _freed);
        _slots.Reconcile([Track("bob", "opus")], _freed);

        Assert.Equal(["video", "audio"], _slots.All.Select(s => s.Kind));
        Assert.Null(_slots.All[0].ToOffer().Track);
        Assert.Equal(96, _slots.All[0].ToOffer().Codec.PayloadType);
    }

    [Fact]
    public void Reconcile_AnotherCodecInTheSameSection_ChangesItsPayloadType()
    {
        _slots.Reconcile([Track("alice", "VP8")], _freed);
        _slots.Reconcile([Track("bob", "AV1")], _freed);

        Assert.Equal(("AV1", 45), (_slots.All.Single().Codec.Name, _slots.All.Single().Codec.PayloadType));
    }

    [Fact]
    public void Reconcile_MoreTracksThanSections_CountsUnplacedTracks()
    {
        var tracks = Enumerable.Range(0, SdpLimits.MaxSections + 3).Select(i => Track($"p{i}", "VP8")).ToList();

        Assert.True(_slots.Reconcile(tracks, _freed));
        Assert.Equal((SdpLimits.MaxSections, 3), (_slots.All.Count, _slots.UnplacedTracks));
        Assert.False(_slots.Reconcile(tracks, _freed));

        // A removed track frees a section for one of them.
        Assert.True(_slots.Reconcile(tracks[1..], _freed));
        Assert.Equal(2, _slots.UnplacedTracks);
        Assert.False(_slots.IsExhausted);
    }

    [Fact]
    public void Reconcile_ManyReplacedTracks_ExhaustsTheSession()
    {
        for (var i = 0; i < SubscriptionSlots.MaxPlacements; i++)
        {
            Assert.True(_slots.Reconcile([Track($"p{i}", "VP8")], _freed));
        }

        Assert.True(_slots.IsExhausted);
        Assert.True(_slots.Reconcile([Track("last", "VP8")], _freed)); // removes the previous track
        Assert.Equal(1, _slots.UnplacedTracks);
        Assert.False(_slots.Reconcile([Track("last", "VP8")], _freed));
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
