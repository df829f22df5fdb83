using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>A camera with two layers. Each has its own numbering, clock, reports and retransmissions, and a subscriber gets one of them.</summary>
public sealed class TwoLayerTests
{
    private const uint LowSsrc = 2000;
    private const uint LowRtxSsrc = 2001;
    private const uint HighSsrc = 3000;
    private const uint HighRtxSsrc = 3001;
    private readonly Call _call = new(layers: [new() { Ssrc = LowSsrc, RtxSsrc = LowRtxSsrc }, new() { Ssrc = HighSsrc, RtxSsrc = HighRtxSsrc }]);

    private UpLayer Low => _call.Track.Layers[0];

    private UpLayer High => _call.Track.Layers[1];

    [Fact]
    public void OnRtp_PacketsOfBothLayers_ForwardsHighest()
    {
        var (_, _, egress) = _call.Join();

        SendHigh(10, 1_000, key: true);
        SendLow(700, 50_000, key: true);
        SendLow(701, 53_000);
        SendHigh(11, 4_000);
        SendLow(702, 56_000, key: true);
        SendHigh(12, 7_000);

        Assert.Equal([100, 101, 102], egress.Sequences.Select(s => (int)s));
        Assert.Equal([1_000u, 4_000u, 7_000u], egress.Headers.Select(h => h.Timestamp));
        Assert.Equal([10, 11, 12], egress.Rtp.Select(NumberIn));
        Assert.Equal(3, _call.Track.ForwardedPackets);
        Assert.Equal(6, _call.Track.ReceivedPackets);
    }

    [Fact]
    public void OnRtp_OnlyOtherLayerArrives_ForwardsIt()
    {
        var (_, _, egress) = _call.Join();
        SendLow(0, key: true);
        SendLow(1);
        _call.Advance(100);
        SendLow(2);

        Assert.Equal([0, 1, 2], egress.Rtp.Select(NumberIn));
    }

    [Fact]
    public void Choose_OtherLayer_SwitchesAtItsKeyFrameWithContinuousNumbering()
    {
        var (_, down, egress) = _call.Join();
        SendHigh(10, 900_000, key: true); // 100
        _call.Now += 100 * Call.Millisecond;

        down.Choose(Low);
        SendLow(700, 5_000);
        SendHigh(11, 909_000); // 101
        _call.Now += 100 * Call.Millisecond;
        SendLow(701, 14_000, key: true); // 102
        SendHigh(12, 918_000, key: true);
        SendLow(702, 17_000); // 103

        Assert.Equal([100, 101, 102, 103], egress.Sequences.Select(s => (int)s));
        Assert.Equal([10, 11, 701, 702], egress.Rtp.Select(NumberIn));
        Assert.Equal([900_000u, 909_000u, 918_000u, 921_000u], egress.Headers.Select(h => h.Timestamp));
    }

    [Fact]
    public void Choose_NoKeyFrameArrives_KeepsPresentLayer()
    {
        var (_, down, egress) = _call.Join();
        SendHigh(0, key: true);
        down.Choose(Low);

        for (ushort i = 1; i <= 50; i++)
        {
            SendLow((ushort)(700 + i));
            SendHigh(i);
            _call.Now += 100 * Call.Millisecond;
        }

        Assert.Equal(Enumerable.Range(0, 51), egress.Rtp.Select(NumberIn));
    }

    [Fact]
    public void Choose_PresentLayerBeforeSwitch_StaysOnIt()
    {
        var (_, down, egress) = _call.Join();
        SendHigh(10, key: true);
        down.Choose(Low);
        down.Choose(High);

        SendLow(700, key: true);
        SendHigh(11);

        Assert.Equal([10, 11], egress.Rtp.Select(NumberIn));
    }

    [Fact]
    public void Choose_SubscribersOfBothLayers_GetTheirOwn()
    {
        var (_, _, high) = _call.Join();
        var (_, down, low) = _call.Join(6000);
        down.Choose(Low);

        SendHigh(10, key: true);
        SendLow(700, key: true);
        SendLow(701);
        SendHigh(11);

        Assert.Equal([10, 11], high.Rtp.Select(NumberIn));
        Assert.Equal([700, 701], low.Rtp.Select(NumberIn));
    }

    [Fact]
    public void HandleTimeout_LossInOneLayer_RequestsPacketsOfThatLayer()
    {
        _call.Join();
        SendLow(700, key: true);
        SendHigh(10, key: true);
        SendLow(701);
        SendHigh(13);
        _call.Advance(20);

        Assert.Equal([11, 12], _call.Upstream.GetNackedNumbers().Distinct().Order().Select(s => (int)s));
        Assert.Equal([HighSsrc], Feedback(f => f.IsNack));
    }

    [Fact]
    public void OnRtp_RetransmissionOfOtherLayer_IsNotForwarded()
    {
        var (_, _, egress) = _call.Join();
        SendHigh(10, key: true);
        SendLow(10, key: true);
        SendHigh(12);
        SendLow(12);

        _call.Send(1, ssrc: LowRtxSsrc, payloadType: 97, payload: [0, 11, 0x10, 0x01, 0, 11, 0, 0]);
        Assert.Equal([10, 12], egress.Rtp.Select(NumberIn));

        _call.Send(1, ssrc: HighRtxSsrc, payloadType: 97, payload: [0, 11, 0x10, 0x01, 0, 11, 0, 0]);
        Assert.Equal([10, 12, 11], egress.Rtp.Select(NumberIn));
    }

    [Fact]
    public void OnRtcp_Nack_SendsPacketOfForwardedLayer()
    {
        var (subscriber, down, egress) = _call.Join();
        for (ushort i = 0; i < 5; i++)
        {
            SendHigh((ushort)(10 + i), key: i == 0); // 100 to 104
            SendLow((ushort)(700 + i), key: i == 0);
        }

        egress.Rtp.Clear();
        Nack(101);
        Assert.Equal(11, NumberInResent(Assert.Single(egress.Rtp)));

        down.Choose(Low);
        SendLow(705, key: true); // 105
        SendLow(706); // 106
        egress.Rtp.Clear();
        Nack(106);
        Assert.Equal(706, NumberInResent(Assert.Single(egress.Rtp)));

        void Nack(ushort sequence) => subscriber.OnRtcp(_call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddNack(9, 5000, [sequence])));
    }

    [Fact]
    public void HandleTimeout_Join_RequestsKeyFrameOfChosenLayer()
    {
        _call.Join();
        _call.Advance(2_000);

        Assert.Equal([HighSsrc], Feedback(f => f.IsPictureLoss));
    }

    [Fact]
    public void Choose_OtherLayer_RequestsItsKeyFrame()
    {
        var (_, down, _) = _call.Join();
        _call.Advance(10);
        SendHigh(10, key: true);
        SendLow(700, key: true);
        _call.Advance(200);
        _call.Upstream.Rtcp.Clear();

        down.Choose(Low);
        _call.Advance(1_500);

        Assert.Equal([LowSsrc], Feedback(f => f.IsPictureLoss));
    }

    /// <summary>Twenty subscribers, half of them on each layer, ask a hundred times a second, by PLI and by FIR.</summary>
    [Fact]
    public void OnRtcp_StormOfKeyFrameRequests_AsksEachLayerOncePerSecond()
    {
        var subscribers = Enumerable.Range(0, 20).Select(i => _call.Join((uint)(5000 + (i * 10)))).ToList();
        foreach (var (_, track, _) in subscribers.Take(10))
        {
            track.Choose(Low);
        }

        _call.Advance(10);
        SendLow(0, key: true);
        SendHigh(0, key: true);
        _call.Advance(2_000);
        _call.Upstream.Rtcp.Clear();
        for (ushort i = 1; i <= 300; i++)
        {
            foreach (var (subscriber, track, _) in subscribers)
            {
                var ssrc = track.Options.Ssrc;
                subscriber.OnRtcp(_call.Now, i % 2 == 0
                    ? Call.Rtcp((ref RtcpWriter w) => w.AddPictureLoss(9, ssrc))
                    : [0x84, 206, 0, 4, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, (byte)(ssrc >> 8), (byte)ssrc, (byte)i, 0, 0, 0]);
            }

            SendLow(i);
            SendHigh(i);
            _call.Advance(10);
        }

        Assert.Equal([LowSsrc, HighSsrc], Feedback(f => f.IsPictureLoss));
        Assert.InRange(_call.Upstream.PictureLossIndications, 2 * 2, 2 * 4);
    }

    [Fact]
    public void OnRtcp_PictureLossWhileSwitching_RequestsForwardedLayerToo()
    {
        var (subscriber, down, _) = _call.Join();
        SendHigh(10, key: true);
        SendLow(700, key: true);
        _call.Advance(200);
        down.Choose(Low);
        _call.Advance(2_000);
        SendLow(701);
        _call.Upstream.Rtcp.Clear();

        subscriber.OnRtcp(_call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddPictureLoss(9, 5000)));
        _call.Advance(2_000);

        Assert.Equal([LowSsrc, HighSsrc], Feedback(f => f.IsPictureLoss));
    }

    [Fact]
    public void HandleTimeout_BothLayersReceived_ReportsBoth()
    {
        SendLow(700, key: true);
        SendHigh(10, key: true);
        SendHigh(12);
        _call.Advance(1_100);

        var lost = new Dictionary<uint, int>();
        foreach (var compound in _call.Upstream.Rtcp)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                if (ReceiverReport.TryParse(packet, out var report))
                {
                    foreach (var block in report.Reports)
                    {
                        lost[block.Ssrc] = block.CumulativeLost;
                    }
                }
            }
        }

        Assert.Equal([(LowSsrc, 0), (HighSsrc, 1)], lost.Select(l => (l.Key, l.Value)).Order());
    }

    [Fact]
    public void OnRtcp_SenderReportsOfBothLayers_ForwardsReportOfForwardedLayer()
    {
        var (_, _, egress) = _call.Join();
        SendHigh(10, key: true);
        SendLow(700, key: true);

        _call.Publisher.OnRtcp(_call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddSenderReport(LowSsrc, 42UL << 32, 5_000, 1, 1)));
        Assert.Empty(egress.Rtcp);

        _call.Publisher.OnRtcp(_call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddSenderReport(HighSsrc, 42UL << 32, 90_000, 1, 1)));
        var reader = new RtcpReader(Assert.Single(egress.Rtcp));
        Assert.True(reader.MoveNext());
        Assert.True(SenderReport.TryParse(reader.Current, out var report));
        Assert.Equal(90_000u, report.RtpTimestamp);
    }

    [Fact]
    public void Renegotiate_NewSsrcOfOtherLayer_ContinuesForwardedLayer()
    {
        var (_, _, egress) = _call.Join();
        SendHigh(10, key: true);

        _call.Publisher.Renegotiate(_call.Track, _call.Track.Options with { Layers = [new() { Ssrc = 7000 }, new() { Ssrc = HighSsrc, RtxSsrc = HighRtxSsrc }] });
        SendHigh(11);
        _call.Send(1, key: true, ssrc: 7000);

        Assert.Equal([10, 11], egress.Rtp.Select(NumberIn));
        Assert.Equal((7000u, 1L), (Low.Ssrc, Low.ReceivedPackets));
    }

    [Fact]
    public void OnRtp_UnknownSsrcWithoutRid_IsAssignedToNoLayer()
    {
        var call = new Call(layers: [new() { Rid = "h" }, new() { Rid = "q" }]);

        call.Send(1, key: true, ssrc: 7000, mid: "v");
        call.Send(1, key: true, ssrc: 7000, mid: "v", rid: "x");

        Assert.Equal(2, call.UnknownPackets);
        Assert.All(call.Track.Layers.ToArray(), layer => Assert.Null(layer.Ssrc));
    }

    [Fact]
    public void OnRtp_Rid_AssignsSsrcToLayer()
    {
        var call = new Call(layers: [new() { Rid = "h" }, new() { Rid = "q" }]);

        call.Send(1, key: true, ssrc: 7000, mid: "v", rid: "q");
        call.Send(2, ssrc: 7000);
        call.Send(1, key: true, ssrc: 8000, rid: "h"); // only one section has this payload type
        call.Send(1, ssrc: 7001, payloadType: 97, mid: "v", repairedRid: "q", payload: [0, 1, 0x10, 0x01]);
        call.Send(1, ssrc: 8001, payloadType: 97, mid: "v", rid: "h", payload: [0, 1, 0x10, 0x01]); // a retransmission needs the repaired RID

        Assert.Equal(1, call.UnknownPackets);
        Assert.Equal([(8000u, null), (7000u, 7001u)], call.Track.Layers.ToArray().Select(l => (l.Ssrc!.Value, l.RtxSsrc)));
    }

    private void SendLow(ushort sequence, uint timestamp = 0, bool key = false) => _call.Send(sequence, timestamp, key, LowSsrc);

    private void SendHigh(ushort sequence, uint timestamp = 0, bool key = false) => _call.Send(sequence, timestamp, key, HighSsrc);

    /// <summary>The sequence number of the publisher, which is in the payload.</summary>
    private static int NumberIn(byte[] packet) => NumberAt(RecordingEgress.Payload(packet), 2);

    private static int NumberInResent(byte[] packet) => NumberAt(RecordingEgress.Payload(packet), 4);

    private static int NumberAt(byte[] payload, int offset) => (payload[offset] << 8) | payload[offset + 1];

    /// <summary>The media SSRCs of the feedback to the publisher so far, in ascending order.</summary>
    private List<uint> Feedback(Func<FeedbackMessage, bool> matches)
    {
        var ssrcs = new SortedSet<uint>();
        foreach (var compound in _call.Upstream.Rtcp)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                if (FeedbackMessage.TryParse(packet, out var feedback) && matches(feedback))
                {
                    ssrcs.Add(feedback.MediaSsrc);
                }
            }
        }

        return [.. ssrcs];
    }
}
