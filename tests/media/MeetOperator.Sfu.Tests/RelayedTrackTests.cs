using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Speakers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>A track that a link between media nodes carries.</summary>
public sealed class RelayedTrackTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private long _now = TimeSpan.TicksPerHour;
    private readonly RecordingEgress _link = new();
    private readonly Publisher _publisher;
    private readonly UpTrack _camera = new(Options(MediaKind.Video, layers: 3), "alice", TrackSource.Camera, "camera-1");

    public RelayedTrackTests()
    {
        _publisher = new Publisher(_link, ownSsrc: 1);
        _publisher.Add(_camera);
    }

    [Fact]
    public void RequestedBits_NobodyViews_AreNone()
    {
        Run(5);

        Assert.Equal(0, _camera.RequestedBits);
        Assert.Empty(_camera.RequestedLayers);
    }

    /// <summary>The layer has never arrived, and does not until it is requested.</summary>
    [Theory]
    [InlineData(180, 0b001)]
    [InlineData(360, 0b010)]
    [InlineData(720, 0b100)]
    public void RequestedBits_AnnouncedLayerIsViewed_AreThatLayer(int height, int bits)
    {
        _camera.SetAnnouncedLayers([new(true, 320, 180, 10_000), new(true, 640, 360, 40_000), new(true, 1280, 720, 160_000)]);
        Run(0.1);
        View(_camera, TrackView.Of(height * 16 / 9, height));
        Run(0.1);
        Assert.Equal(bits, _camera.RequestedBits);

        Run(10); // also when it does not arrive
        Assert.Equal(bits, _camera.RequestedBits);
    }

    [Fact]
    public void RequestedBits_LayerIsAnnouncedAsStopped_AreTheNextOne()
    {
        _camera.SetAnnouncedLayers([new(true, 320, 180, 10_000), new(true, 640, 360, 40_000), new(true, 1280, 720, 160_000)]);
        View(_camera, TrackView.Of(1280, 720));
        Run(0.1);
        _camera.SetAnnouncedLayers([new(true, 320, 180, 10_000), new(true, 640, 360, 40_000), new(false, 1280, 720, 0)]);
        Run(0.1);
        Assert.Equal(0b110, _camera.RequestedBits);

        Run(3);
        Assert.Equal(0b010, _camera.RequestedBits);
    }

    [Fact]
    public void RequestedBits_AudioIsHeard_EndThreeSecondsAfterTheLastListener()
    {
        var microphone = new UpTrack(Options(MediaKind.Audio, layers: 1, firstSsrc: 900), "alice", TrackSource.Microphone, "microphone-1");
        _publisher.Add(microphone);
        Run(1);
        Assert.Equal(0, microphone.RequestedBits);

        var subscriber = View(microphone);
        Run(0.1);
        Assert.Equal(1, microphone.RequestedBits);

        subscriber.Close();
        Run(2.8);
        Assert.Equal(1, microphone.RequestedBits);
        Run(0.3);
        Assert.Equal(0, microphone.RequestedBits);
    }

    /// <summary>The track of a room stays the same while it moves from a client's connection to a link and back.</summary>
    [Fact]
    public void RequestedBits_CarrierChanges_AreAllOfAClientAndUsedOnesOfALink()
    {
        _publisher.Remove(_camera);
        var client = new Publisher(new RecordingEgress(), ownSsrc: 3);
        client.Continue(_camera, Options(MediaKind.Video, layers: 3) with { IsRelayed = false });
        Assert.Equal(0b111, _camera.RequestedBits);

        client.Remove(_camera);
        _publisher.Continue(_camera, Options(MediaKind.Video, layers: 3));
        Run(0.1);
        Assert.Equal(0, _camera.RequestedBits);
    }

    [Fact]
    public void LayerStates_Announced_TellWhatIsNotMeasured()
    {
        _camera.SetAnnouncedLayers([new(true, 320, 180, 10_000) { Targets = new(7) }, default, new(true, 1280, 720, 160_000)]);
        Run(0.1);

        var states = _camera.LayerStates;
        Assert.Equal(new LayerState(true, 320, 180, 10_000) { Targets = new(7) }, states[0]);
        Assert.Equal(default, states[1]);
        Assert.Equal((160_000, 720), (states[2].BytesPerSecond, states[2].Height));
    }

    [Fact]
    public void SetAnnouncedLayers_OtherNumberOrTrackOfAClient_IsIgnored()
    {
        _camera.SetAnnouncedLayers([new(true, 320, 180, 10_000)]);
        Run(0.1);
        Assert.Equal(default, _camera.LayerStates[0]);

        var own = new Call();
        own.Track.SetAnnouncedLayers([new(true, 320, 180, 10_000)]);
        own.Advance(200);
        Assert.Equal(0, own.Track.LayerStates[0].Width);
    }

    /// <summary>A link announces all SSRCs. Any other one belongs to a track that has ended.</summary>
    [Fact]
    public void OnRtp_UnknownSsrc_IsAssignedToNoLayer()
    {
        _publisher.Remove(_camera);
        var only = new UpTrack(Options(MediaKind.Video, layers: 1), "alice", TrackSource.Camera, "camera-1");
        _publisher.Add(only);
        for (ushort i = 0; i < 300; i++)
        {
            _now += Second / 50;
            Assert.Equal(ReceivedMedia.Unknown, _publisher.OnRtp(_now, Call.Packet(i, 0, key: true, ssrc: 4711, 96, null, null, null, null)));
        }

        Assert.Equal(100u, Call.LayerOf(only).Ssrc);
    }

    [Fact]
    public void SpeechAt_RelayedMicrophone_IsWhatTheLinkTells()
    {
        var microphone = new UpTrack(Options(MediaKind.Audio, layers: 1, firstSsrc: 900), "alice", TrackSource.Microphone, "microphone-1");
        _publisher.Add(microphone);
        for (ushort i = 0; i < 50; i++)
        {
            _now += 20 * TimeSpan.TicksPerMillisecond;
            _publisher.OnRtp(_now, Call.Packet(i, 0, false, 900, 96, null, null, level: 10, payload: [1, 2, 3]));
        }

        Assert.Equal(default, microphone.SpeechAt(_now));

        var speech = new SpeechState(100, true, _now - Second, _now);
        microphone.SetSpeech(_now, speech);
        Assert.Equal(speech, microphone.SpeechAt(_now));
        Assert.Equal(speech with { Level = 0, IsSpeaking = false }, microphone.SpeechAt(_now + Second)); // no message since
    }

    private static UpTrackOptions Options(MediaKind kind, int layers, uint firstSsrc = 100) => new()
    {
        Mid = "",
        Kind = kind,
        Codec = kind == MediaKind.Video ? VideoCodec.Vp8 : VideoCodec.Unknown,
        IsRelayed = true,
        ClockRate = kind == MediaKind.Video ? 90000 : 48000,
        PayloadType = 96,
        RtxPayloadType = 97,
        Extensions = Call.PublisherMap,
        Nack = kind == MediaKind.Video,
        Layers = [.. Enumerable.Range(0, layers).Select(i => new UpLayerOptions { Rid = layers > 1 ? $"r{i}" : null, Ssrc = firstSsrc + (uint)i })],
    };

    private static Subscriber View(UpTrack track, TrackView view = default)
    {
        var subscriber = new Subscriber(new RecordingEgress());
        subscriber.SetViews(_ => view);
        subscriber.Add(track, new DownTrackOptions { Ssrc = 5, PayloadType = 120, Extensions = HeaderExtensionMap.Empty, FirstSequenceNumber = 1, Cname = "alice" });
        return subscriber;
    }

    private void Run(double seconds)
    {
        for (var i = 0; i < seconds * 100; i++)
        {
            _now += Second / 100;
            _publisher.HandleTimeout(_now);
        }
    }
}
