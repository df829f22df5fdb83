using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>A publisher with more streams than fit into one report or one packet.</summary>
public sealed class ManyStreamsTests
{
    private const int MaxRtcpBytes = 1200;
    private readonly RecordingEgress _upstream = new();
    private readonly Publisher _publisher;
    private long _now = TimeSpan.TicksPerHour;

    public ManyStreamsTests() => _publisher = new Publisher(_upstream, ownSsrc: 1);

    [Theory]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(200)]
    public void OnRtp_ManyStreams_FindsTheTrackOfEach(int count)
    {
        var tracks = AddTracks(count, MediaKind.Audio);
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(ReceivedMedia.Active, Send(i));
        }

        Assert.Equal(ReceivedMedia.Unknown, Send(count));
        Assert.All(tracks, track => Assert.Equal(1, track.ReceivedPackets));

        _publisher.Remove(tracks[3]);
        Assert.Equal(ReceivedMedia.Unknown, Send(3));
        Assert.Equal(ReceivedMedia.Active, Send(4));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(40)]
    public void TryFind_TwoStreamsWithOneSsrc_FindsTheFirst(int count)
    {
        var tracks = AddTracks(count, MediaKind.Audio);
        var table = StreamTable.FromTracks([.. tracks, .. AddTracks(count, MediaKind.Audio)]);

        Assert.True(table.TryFind(SsrcOf(count - 1), out var stream));
        Assert.Same(tracks[count - 1], stream.Track);
        Assert.Equal(SsrcOf(0), table.FirstMediaSsrc);
        Assert.False(table.TryFind(SsrcOf(count), out _));
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(100)]
    public void HandleTimeout_ManyStreams_ReportsEachOnce(int count)
    {
        AddTracks(count, MediaKind.Audio, referenceTime: true);
        for (var i = 0; i < count; i++)
        {
            Send(i);
        }

        _publisher.HandleTimeout(_now);

        Assert.Equal(Enumerable.Range(0, count).Select(SsrcOf), ReportedSsrcs());
        Assert.All(_upstream.Rtcp, compound => Assert.InRange(compound.Length, 1, MaxRtcpBytes));
        Assert.Equal(1, _upstream.CountFeedback((type, _) => type == RtcpPacketType.ExtendedReport));
    }

    [Fact]
    public void HandleTimeout_ManyKeyFrames_RequestsEach()
    {
        const int Count = 150; // of 12 bytes each
        foreach (var track in AddTracks(Count, MediaKind.Video))
        {
            new Subscriber(new RecordingEgress()).Add(track, new DownTrackOptions
            {
                Ssrc = 5,
                PayloadType = 96,
                Extensions = HeaderExtensionMap.Empty,
                FirstSequenceNumber = 1,
                Cname = "alice",
            });
        }

        _publisher.HandleTimeout(_now);

        Assert.Equal(Count, _upstream.PictureLossIndications);
        Assert.All(_upstream.Rtcp, compound => Assert.InRange(compound.Length, 1, MaxRtcpBytes));
    }

    [Fact]
    public void HandleTimeout_ManyLosses_RequestsPacketsOfEachStream()
    {
        const int Count = 30;
        AddTracks(Count, MediaKind.Video);
        for (var i = 0; i < Count; i++)
        {
            Send(i);
            Send(i, sequence: 100, key: false);
        }

        _publisher.HandleTimeout(_now += 20 * Call.Millisecond);

        Assert.Equal(Count, RequestedSsrcs().Distinct().Count());
        Assert.All(_upstream.Rtcp, compound => Assert.InRange(compound.Length, 1, MaxRtcpBytes));
    }

    private static uint SsrcOf(int track) => (uint)(10_000 + track);

    private List<UpTrack> AddTracks(int count, MediaKind kind, bool referenceTime = false)
    {
        var tracks = Enumerable.Range(0, count).Select(i => new UpTrack(
            new UpTrackOptions
            {
                Mid = $"{i}",
                Kind = kind,
                Codec = kind == MediaKind.Video ? VideoCodec.Vp8 : VideoCodec.Unknown,
                ClockRate = kind == MediaKind.Video ? 90_000 : 48_000,
                PayloadType = 96,
                Nack = kind == MediaKind.Video,
                ReferenceTime = referenceTime,
                Extensions = HeaderExtensionMap.Empty,
                Layers = Call.OneLayer(SsrcOf(i)),
            },
            "alice",
            kind == MediaKind.Video ? TrackSource.Camera : TrackSource.Microphone,
            $"track-{i}")).ToList();
        tracks.ForEach(_publisher.Add);
        return tracks;
    }

    private ReceivedMedia Send(int track, ushort sequence = 1, bool key = true) =>
        _publisher.OnRtp(_now, Call.Packet(sequence, 0, key, SsrcOf(track), 96, null, null, null, null));

    private List<uint> ReportedSsrcs()
    {
        List<uint> ssrcs = [];
        foreach (var compound in _upstream.Rtcp)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                if (ReceiverReport.TryParse(packet, out var report))
                {
                    foreach (var block in report.Reports)
                    {
                        ssrcs.Add(block.Ssrc);
                    }
                }
            }
        }

        return ssrcs;
    }

    private List<uint> RequestedSsrcs()
    {
        List<uint> ssrcs = [];
        foreach (var compound in _upstream.Rtcp)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                if (FeedbackMessage.TryParse(packet, out var feedback) && feedback.IsNack)
                {
                    ssrcs.Add(feedback.MediaSsrc);
                }
            }
        }

        return ssrcs;
    }
}
