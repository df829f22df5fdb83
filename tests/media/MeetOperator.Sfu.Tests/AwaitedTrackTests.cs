using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.Congestion;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>A connection receives tracks that another connection of the participant still carries.</summary>
public sealed class AwaitedTrackTests
{
    private const byte Audio = 111;
    private const byte Video = 96;
    private const byte Rtx = 97;

    /// <summary>The dependency descriptors of the first two packets of a key frame.</summary>
    private static readonly byte[] Start = [0x80, 0, 1, 0x80, 0];
    private static readonly byte[] Middle = [0x00, 0, 1];
    private static readonly UpTrackOptions Microphone = Options("a", MediaKind.Audio, Audio);
    private static readonly UpTrackOptions Camera = Options("v", MediaKind.Video, Video);
    private readonly RecordingEgress _egress = new();
    private readonly Publisher _publisher;

    public AwaitedTrackTests() => _publisher = new Publisher(_egress, ownSsrc: 1);

    [Theory]
    [InlineData(Audio, false, null, "a")]
    [InlineData(Video, true, null, "v")]
    [InlineData(Video, false, null, null)]
    [InlineData(Video, true, "v", "v")]
    [InlineData(Video, true, "x", null)] // a MID of another section
    [InlineData(Rtx, true, null, null)]
    [InlineData(50, true, null, null)]
    public void FindStart_Packet_IsFirstOfSoundOrOfKeyFrame(byte payloadType, bool key, string? mid, string? track)
    {
        _publisher.Await([Microphone, Camera]);

        Assert.Equal(track, _publisher.FindStart(Packet(payloadType, key, mid))?.Mid);
    }

    [Fact]
    public void FindStart_EncryptedKeyFrame_IsReadFromDescriptorOnly()
    {
        _publisher.Await([Camera with { IsEncrypted = true }]);

        Assert.Null(_publisher.FindStart(Packet(Video, key: true)));
        Assert.NotNull(_publisher.FindStart(Packet(Video, key: false, descriptor: Start)));
        Assert.Null(_publisher.FindStart(Packet(Video, key: true, descriptor: Middle)));
    }

    /// <summary>The payload type shows the track only if no other one uses it.</summary>
    [Fact]
    public void FindStart_TwoCamerasWithoutMid_AreToldApartBySsrc()
    {
        var second = Options("w", MediaKind.Video, Video, ssrc: 77);
        _publisher.Await([Camera, second]);

        Assert.Null(_publisher.FindStart(Packet(Video, key: true)));
        Assert.Equal("w", _publisher.FindStart(Packet(Video, key: true, ssrc: 77))?.Mid);
        Assert.Equal("v", _publisher.FindStart(Packet(Video, key: true, "v"))?.Mid);
    }

    [Fact]
    public void FindStart_LayerOfSimulcast_IsAnyLayer()
    {
        _publisher.Await([Camera with { Layers = [new UpLayerOptions { Rid = "q" }, new UpLayerOptions { Rid = "f" }] }]);

        Assert.Equal("v", _publisher.FindStart(Packet(Video, key: true, "v"))?.Mid);
    }

    [Fact]
    public void OnRtp_AwaitedCamera_IsNotTakenForCarriedOne()
    {
        var carried = new UpTrack(Camera, "alice", TrackSource.Camera, "camera-1");
        _publisher.Add(carried);
        _publisher.Await([Options("w", MediaKind.Video, Video)]);

        Assert.Equal(ReceivedMedia.Active, _publisher.OnRtp(1, Packet(Video, key: true, "w", ssrc: 5)));
        Assert.Equal(0, carried.ReceivedPackets);
        Assert.Equal(ReceivedMedia.Active, _publisher.OnRtp(1, Packet(Video, key: true, "v", ssrc: 6)));
        Assert.Equal(1, carried.ReceivedPackets);
    }

    /// <summary>Without feedback, the client would take the packets for lost and send its pictures in a lower quality.</summary>
    [Fact]
    public void HandleTimeout_PacketsOfAwaitedOrRemovedTracks_AreInFeedback()
    {
        _publisher.Await([Camera]);
        _publisher.OnRtp(1, Packet(Video, key: false, number: 10));
        Assert.Equal([10], NumbersInFeedback(100));

        var track = new UpTrack(Camera, "alice", TrackSource.Camera, "camera-1");
        _publisher.Await([]);
        _publisher.Add(track);
        _publisher.OnRtp(1, Packet(Video, key: true, number: 11));
        _publisher.Remove(track);

        Assert.Equal(ReceivedMedia.Unknown, _publisher.OnRtp(1, Packet(Video, key: false, number: 12)));
        Assert.Equal([11, 12], NumbersInFeedback(200));
    }

    /// <summary>The first packet of the key frame with which the track would have started was lost.</summary>
    [Fact]
    public void HandleTimeout_AwaitedCameraSendsNoKeyFrame_RequestsItAgainAndAgain()
    {
        _publisher.Await([Microphone, Camera]);
        _publisher.OnRtp(0, Packet(Audio, key: false, ssrc: 5));
        Run(0, 1000, () => { });
        Assert.Equal(0, _egress.PictureLossIndications);

        _publisher.OnRtp(0, Packet(Rtx, key: false, ssrc: 8));
        Run(1000, 2000, () => _publisher.OnRtp(0, Packet(Video, key: false, ssrc: 7)));

        Assert.Equal(3, _egress.PictureLossIndications);
        Assert.Equal([7u], _egress.Rtcp.SelectMany(SsrcsOfRequests).Distinct());

        _publisher.Await([Microphone]);
        Run(2000, 3000, () => { });
        Assert.Equal(3, _egress.PictureLossIndications);
    }

    private static IEnumerable<uint> SsrcsOfRequests(byte[] compound)
    {
        var found = new List<uint>();
        foreach (var packet in new RtcpReader(compound))
        {
            if (FeedbackMessage.TryParse(packet, out var feedback) && feedback.IsPictureLoss)
            {
                found.Add(feedback.MediaSsrc);
            }
        }

        return found;
    }

    private void Run(int from, int to, Action eachTenMilliseconds)
    {
        for (var at = from; at < to; at += 10)
        {
            eachTenMilliseconds();
            _publisher.HandleTimeout(at * Call.Millisecond);
        }
    }

    private List<int> NumbersInFeedback(int milliseconds)
    {
        _egress.Rtcp.Clear();
        _publisher.HandleTimeout(milliseconds * Call.Millisecond);
        var numbers = new List<int>();
        foreach (var compound in _egress.Rtcp)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                if (FeedbackMessage.TryParse(packet, out var message) && TransportFeedback.TryParse(message, out var feedback))
                {
                    foreach (var arrived in feedback.Packets)
                    {
                        numbers.Add(arrived.IsReceived ? arrived.SequenceNumber : -1);
                    }
                }
            }
        }

        return numbers;
    }

    private static UpTrackOptions Options(string mid, MediaKind kind, byte payloadType, uint? ssrc = null) => new()
    {
        Mid = mid,
        Kind = kind,
        Codec = kind == MediaKind.Video ? VideoCodec.Vp8 : VideoCodec.Unknown,
        ClockRate = kind == MediaKind.Video ? 90_000 : 48_000,
        PayloadType = payloadType,
        RtxPayloadType = kind == MediaKind.Video ? Rtx : null,
        Extensions = Call.PublisherMap.With(HeaderExtensionKind.DependencyDescriptor, 12),
        Layers = Call.OneLayer(ssrc),
    };

    private static byte[] Packet(byte payloadType, bool key, string? mid = null, uint ssrc = 7, ushort? number = null, byte[]? descriptor = null) =>
        Call.Packet(1, 0, key, ssrc, payloadType, number, mid, null, null, descriptor: descriptor);
}
