using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>Down tracks that send one layer of their source each, whatever the view is.</summary>
public sealed class PinnedLayerTests
{
    private const uint FirstSsrc = 2000;
    private readonly Call _call = new(layers: [new() { Ssrc = FirstSsrc }, new() { Ssrc = FirstSsrc + 1 }, new() { Ssrc = FirstSsrc + 2 }]);
    private readonly RecordingEgress _egress = new();
    private readonly Subscriber _subscriber;

    public PinnedLayerTests() => _subscriber = new Subscriber(_egress);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Add_OneLayer_SendsThatOneOnly(int layer)
    {
        Add(layer, 70);
        SendAll(0, key: true);
        SendAll(1, key: false);

        Assert.Equal([(layer, 0), (layer, 1)], Sent);
    }

    [Fact]
    public void Add_EachLayer_SendsAllAsStreamsOfTheirOwn()
    {
        for (var i = 0; i < 3; i++)
        {
            Add(i, (uint)(70 + i));
        }

        SendAll(0, key: true);
        SendAll(1, key: false);

        Assert.Equal([70u, 71, 72, 70, 71, 72], _egress.Headers.Select(header => header.Ssrc));
    }

    /// <summary>Other down tracks start with a lower layer until the chosen one has a key frame.</summary>
    [Fact]
    public void Add_KeyFrameOfLowerLayer_DoesNotStartWithIt()
    {
        Add(2, 70);
        Send(0, 0, key: true);
        Send(1, 0, key: true);
        Assert.Empty(_egress.Rtp);

        Send(2, 0, key: true);
        Assert.Single(_egress.Rtp);
    }

    [Fact]
    public void SetViews_OtherSize_KeepsTheLayer()
    {
        Add(1, 70);
        SendAll(0, key: true);
        _subscriber.SetViews(_ => TrackView.Of(10, 10));
        _subscriber.SetViews(_ => TrackView.Hidden);
        _call.Advance(500);
        SendAll(1, key: true);

        Assert.Equal([(1, 0), (1, 1)], Sent);
    }

    [Fact]
    public void Start_SourceWithFewerLayers_SendsNothing()
    {
        var track = Add(2, 70);
        var other = new Call();
        _subscriber.Start(track, other.Track, track.Options);
        other.Send(1, key: true);

        Assert.Empty(_egress.Rtp);
    }

    /// <summary>A link has hundreds of streams; each one gets the requests about it.</summary>
    [Fact]
    public void OnRtcp_HundredsOfStreams_FindsTheRightOne()
    {
        var calls = Enumerable.Range(0, 300).Select(_ => new Call()).ToList();
        for (var i = 0; i < calls.Count; i++)
        {
            Add(0, (uint)(10_000 + i), calls[i].Track);
            calls[i].Send(1, key: true);
            calls[i].Advance(2_000);
            calls[i].Upstream.Rtcp.Clear();
        }

        _subscriber.OnRtcp(_call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddPictureLoss(9, 10_250)));
        calls.ForEach(call => call.Advance(20));

        Assert.Equal([250], Enumerable.Range(0, 300).Where(i => calls[i].Upstream.PictureLossIndications > 0));
    }

    private DownTrack Add(int layer, uint ssrc, UpTrack? source = null) => _subscriber.Add(source ?? _call.Track, new DownTrackOptions
    {
        Ssrc = ssrc,
        PayloadType = 120,
        Layer = layer,
        Extensions = HeaderExtensionMap.Empty,
        FirstSequenceNumber = 100,
        Cname = "alice",
    });

    private void SendAll(byte number, bool key)
    {
        for (var i = 0; i < 3; i++)
        {
            Send(i, number, key);
        }
    }

    private void Send(int layer, byte number, bool key)
    {
        byte[] payload = [0x10, (byte)(key ? 0 : 1), (byte)layer, number];
        _call.Send(number, (uint)(3000 * number), ssrc: FirstSsrc + (uint)layer, payload: payload);
    }

    /// <summary>The layer and the number of each packet that was sent.</summary>
    private IEnumerable<(int Layer, int Number)> Sent => _egress.Rtp.Select(RecordingEgress.Payload).Select(payload => ((int)payload[2], (int)payload[3]));
}
