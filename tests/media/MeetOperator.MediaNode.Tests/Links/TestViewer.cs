using MeetOperator.MediaNode.Tracks;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Egress;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>A client that gets one track of a room, over a line without loss.</summary>
internal sealed class TestViewer : IPeerEgress
{
    private readonly Subscriber _subscriber;
    private readonly DownTrack _track;
    private readonly Func<long> _now;

    public TestViewer(PublishedTrack track, Func<long> now, TrackView view = default)
    {
        _now = now;
        _subscriber = new Subscriber(this);
        _subscriber.SetViews(_ => view);
        _track = _subscriber.Add(track.Track, new DownTrackOptions
        {
            Ssrc = 77,
            PayloadType = 100,
            Extensions = HeaderExtensionMap.Empty.With(HeaderExtensionKind.AudioLevel, 9),
            FirstSequenceNumber = 500,
            Cname = "viewer",
        });
    }

    public bool IsReady => true;

    public List<(byte[] Packet, long Ticks)> Received { get; } = [];

    /// <summary>The number of packets, also those that were not listed in <see cref="Received"/>.</summary>
    public int Sent { get; private set; }

    /// <summary>Whether packets are listed in <see cref="Received"/>.</summary>
    public bool IsRecording { get; set; } = true;

    public List<byte[]> Reports { get; } = [];

    /// <summary>The numbers at the end of the payloads.</summary>
    public List<uint> Counts => [.. Received.Select(r => TestSource.CountIn(r.Packet))];

    public IEnumerable<RtpHeader> Headers => Received.Select(r => RtpHeader.TryParse(r.Packet, out var header) ? header : default);

    public void SetView(TrackView view) => _subscriber.SetViews(_ => view);

    /// <summary>Shows another track in place of the present one, as a slot does.</summary>
    public void Show(PublishedTrack track) => _subscriber.Start(_track, track.Track, _track.Options);

    /// <summary>Asks for a key frame.</summary>
    public void Ask()
    {
        Span<byte> buffer = stackalloc byte[100];
        var writer = new RtcpWriter(buffer);
        writer.AddPictureLoss(1, 77);
        _subscriber.OnRtcp(_now(), writer.Written);
    }

    public void Leave() => _subscriber.Close();

    /// <summary>Asserts that the sequence numbers have no gap, apart from packets that got lost.</summary>
    public void AssertContinuous(int lost = 0)
    {
        var numbers = Headers.Select(h => (int)h.SequenceNumber).Order().ToList();
        Assert.NotEmpty(numbers);
        Assert.Equal(numbers.Distinct(), numbers);
        Assert.Equal((500, Received.Count - 1 + lost), (numbers[0], numbers[^1] - numbers[0]));
    }

    ReadOnlySpan<byte> IPeerEgress.SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        Sent++;
        if (!IsRecording)
        {
            return [];
        }

        Received.Add(([.. header, .. payload], _now()));
        return Received[^1].Packet;
    }

    void IPeerEgress.Retransmit(ReadOnlySpan<byte> packet)
    {
    }

    void IPeerEgress.SendRtcp(ReadOnlySpan<byte> compound) => Reports.Add(compound.ToArray());

    void IPeerEgress.WakeAt(long ticks)
    {
    }

    void IPeerEgress.Fail(Exception error) => throw new InvalidOperationException("Unexpected failure of a viewer.", error);
}
