using MeetOperator.MediaNode.Slots;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sdp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

public sealed class SlotDemandTests
{
    private static readonly HeardParticipants Heard = new(["loud1", "loud2", "loud3", "next"], []);
    private readonly RoomStreams _streams = new();

    [Fact]
    public void Pictures_Pinned_ComesAfterScreensAndBeforeAllCameras()
    {
        Publish("presenter", TrackSource.Screen);
        foreach (var name in new[] { "large", "small", "shown", "pinned" })
        {
            Publish(name, TrackSource.Camera);
        }

        var views = Views(("large", 1280, false), ("shown", 320, false), ("small", 160, false), ("pinned", 160, true));

        Assert.Equal(["presenter", "pinned", "shown", "large", "small"], Pictures("me", views, hasSlot: "shown"));
    }

    [Fact]
    public void Pictures_MoreThanFit_NeverLeavesOutThePinned()
    {
        string[] names = [.. Enumerable.Range(0, SlotLimits.MaxCameras + 5).Select(i => $"p{i:00}")];
        foreach (var name in names)
        {
            Publish(name, TrackSource.Camera);
        }

        var views = Views([.. names.Select(name => (name, name == names[^1] ? 1 : 640, name == names[^1]))]);

        Assert.Equal((SlotLimits.MaxCameras, names[^1]), (Pictures("me", views).Count, Pictures("me", views)[0]));
    }

    /// <summary>Participants who publish screens that nobody looks at do not keep the one that a subscriber wants from it.</summary>
    [Fact]
    public void Pictures_MoreScreensThanFit_PinnedThenLargestComeFirst()
    {
        foreach (var name in new[] { "first", "second", "third", "presenter", "colleague" })
        {
            Publish(name, TrackSource.Screen);
        }

        Assert.Equal(["first", "second", "third"], Pictures("me", ParticipantViews.Unknown));
        Assert.Equal(["presenter", "first", "second"], Pictures("me", ParticipantViews.Read(new ViewRequest { Tracks = [], Pinned = ["presenter"] })));
        Assert.Equal(["presenter", "colleague", "third"], Pictures("me", Screens(("third", 160, false), ("colleague", 1280, false), ("presenter", 160, true))));
        Assert.Equal(["colleague", "third", "first"], Pictures("me", Screens(("third", 160, false), ("colleague", 1280, false))));
    }

    /// <summary>A screen that gets another slot needs a key frame, so one that was pinned or shown keeps its slot afterwards.</summary>
    [Fact]
    public void Pictures_ScreenThatWasPinned_KeepsItsSlot()
    {
        foreach (var name in new[] { "first", "second", "third", "presenter" })
        {
            Publish(name, TrackSource.Screen);
        }

        var pinned = Pictures("me", ParticipantViews.Read(new ViewRequest { Tracks = [], Pinned = ["presenter"] }));
        var after = SlotDemand.Pictures("me", ParticipantViews.Unknown, _streams, s => pinned.Contains(s.ParticipantId)).Select(s => s.ParticipantId);

        Assert.Equal(pinned.Order(), after.Order());
    }

    /// <summary>A pin of what does not exist, or of the subscriber itself, gets nothing.</summary>
    [Fact]
    public void Pictures_PinOfNobodyOrSelf_IsIgnored()
    {
        Publish("me", TrackSource.Camera);
        Publish("other", TrackSource.Camera);

        Assert.Equal(["other"], Pictures("me", Views(("me", 640, true), ("nobody", 640, true), ("other", 160, false))));
    }

    [Fact]
    public void Sounds_PinnedAndQuiet_IsHeardBesideTheLoudest()
    {
        foreach (var name in new[] { "loud1", "loud2", "loud3", "next", "quiet" })
        {
            Publish(name, TrackSource.Microphone);
        }

        Assert.Equal(["loud1", "loud2", "loud3"], Sounds("me", Views(("quiet", 160, false))));
        Assert.Equal(["quiet", "loud1", "loud2", "loud3"], Sounds("me", Views(("quiet", 160, true)))); // first, because microphones without levels can take all other slots
        Assert.Equal(["loud2", "loud1", "loud3"], Sounds("me", Views(("loud2", 160, true))));
        Assert.Equal(["loud2", "loud3", "next"], Sounds("loud1", Views(("loud1", 160, true))));
    }

    /// <summary>A hidden tab, or one with sound only, shows nothing.</summary>
    [Fact]
    public void Sounds_PinnedAndNotShown_IsHeardAndNotSeen()
    {
        foreach (var name in new[] { "loud1", "loud2", "loud3", "quiet" })
        {
            Publish(name, TrackSource.Microphone);
        }

        Publish("quiet", TrackSource.Camera);
        var views = ParticipantViews.Read(new ViewRequest { Tracks = [], Pinned = ["quiet", "nobody", "me"] });

        Assert.Equal(["quiet", "loud1", "loud2", "loud3"], Sounds("me", views));
        Assert.Empty(Pictures("me", views));
        Assert.True(SlotDemand.IsHeard("me", views, Heard, Publish("quiet", TrackSource.Microphone)));
    }

    [Fact]
    public void IsHeard_PinnedAndQuiet_OnlyByThoseWhoPinnedIt()
    {
        var quiet = Publish("quiet", TrackSource.Microphone);

        Assert.True(SlotDemand.IsHeard("me", Views(("quiet", 160, true)), Heard, quiet));
        Assert.False(SlotDemand.IsHeard("me", Views(("quiet", 160, false)), Heard, quiet));
    }

    private static ParticipantViews Screens(params (string Id, int Width, bool IsPinned)[] shown) => Views("screen", shown);

    private static ParticipantViews Views(params (string Id, int Width, bool IsPinned)[] shown) => Views("camera", shown);

    private static ParticipantViews Views(string source, (string Id, int Width, bool IsPinned)[] shown) => ParticipantViews.Read(new ViewRequest
    {
        Tracks = [.. shown.Select(s => new ViewedTrack { ParticipantId = s.Id, Source = source, Width = s.Width, Height = s.Width, Pinned = s.IsPinned })],
    });

    private List<string> Pictures(string self, ParticipantViews views, string? hasSlot = null) =>
        [.. SlotDemand.Pictures(self, views, _streams, s => s.ParticipantId == hasSlot).Select(s => s.ParticipantId)];

    private List<string> Sounds(string self, ParticipantViews views) =>
        [.. SlotDemand.Sounds(self, views, _streams, Heard, _ => false).Select(s => s.ParticipantId)];

    private UpTrack Publish(string name, TrackSource source)
    {
        var isAudio = source == TrackSource.Microphone;
        var options = new UpTrackOptions
        {
            Mid = "0",
            Kind = isAudio ? MediaKind.Audio : MediaKind.Video,
            ClockRate = isAudio ? 48000 : 90000,
            PayloadType = 96,
            Extensions = new HeaderExtensionMap(),
            Layers = [new UpLayerOptions { Ssrc = 1 }],
        };
        var track = new UpTrack(options, name, source, "track");
        _streams.Add(new PublishedTrack(track, new RtpCodec { PayloadType = 96, Name = isAudio ? "opus" : "VP8", ClockRate = options.ClockRate }));
        return track;
    }
}
