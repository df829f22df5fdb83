using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>A client continues a track with an unannounced SSRC, which has its own numbering and clock. The state of the previous SSRC is discarded.</summary>
public sealed class SourceChangeTests
{
    private readonly Call _call = new(announced: false);

    [Theory]
    [InlineData(40_000, 10)] // lower than the numbers of the previous source
    [InlineData(40_000, 60_000)] // higher
    [InlineData(40_000, 40_001)]
    public void OnRtp_SsrcChanges_ContinuesStream(int former, int next)
    {
        var (_, _, egress) = _call.Join();
        Send(77, (ushort)former, timestamp: 5_000, key: true);
        Send(77, (ushort)(former + 1), timestamp: 8_000);
        _call.Advance(100);

        Send(78, (ushort)next, timestamp: 1_000_000, key: true);
        Send(78, (ushort)(next + 1), timestamp: 1_003_000);

        Assert.Equal([100, 101, 102, 103], egress.Sequences.Select(s => (int)s));
        Assert.Equal([5_000u, 8_000u, 17_000u, 20_000u], egress.Headers.Select(h => h.Timestamp));
        Assert.Equal(78u, _call.Layer.Ssrc);
    }

    [Fact]
    public void OnRtp_SsrcChanges_RequestsKeyFrame()
    {
        var (_, _, egress) = _call.Join();
        Send(77, 1, key: true);
        _call.Advance(2_000);
        var before = _call.Upstream.PictureLossIndications;

        Send(78, 1);
        _call.Advance(20);

        Assert.Equal(before + 1, _call.Upstream.PictureLossIndications);
        Assert.Single(egress.Rtp);
    }

    [Fact]
    public void OnRtcp_NackAfterSsrcChange_IgnoresOldHistory()
    {
        var (subscriber, _, egress) = _call.Join();
        for (ushort i = 5; i <= 10; i++)
        {
            Send(77, i, key: i == 5); // 100 to 105
        }

        Send(78, 8, key: true); // 106
        Send(78, 10); // 108
        egress.Rtp.Clear();

        // 107 would be number 9 of the new source, which did not arrive; 104 was number 9 of the previous source.
        subscriber.OnRtcp(_call.Now, Nack(107));
        subscriber.OnRtcp(_call.Now, Nack(104));
        Assert.Empty(egress.Rtp);

        subscriber.OnRtcp(_call.Now, Nack(106));
        Assert.Equal(8, RecordingEgress.Payload(Assert.Single(egress.Rtp))[5]);
    }

    [Fact]
    public void OnRtcp_NackBeforeKeyFrameOfNewSource_IgnoresNewSource()
    {
        var (subscriber, _, egress) = _call.Join();
        for (ushort i = 5; i <= 10; i++)
        {
            Send(77, i, key: i == 5); // 100 to 105
        }

        Send(78, 9); // waits for a key frame; 104 was number 9 of the previous source
        egress.Rtp.Clear();
        subscriber.OnRtcp(_call.Now, Nack(104));
        Assert.Empty(egress.Rtp);

        Send(78, 10, key: true); // 106
        egress.Rtp.Clear();
        subscriber.OnRtcp(_call.Now, Nack(106));
        Assert.Equal(10, RecordingEgress.Payload(Assert.Single(egress.Rtp))[5]);
    }

    [Fact]
    public void Attach_NackBeforeKeyFrameOfNewTrack_IgnoresNewTrack()
    {
        var (subscriber, down, egress) = _call.Join();
        Send(77, 1, key: true); // 100
        Send(77, 2);
        var other = new Call();
        other.Now = _call.Now;
        other.Track.Attach(down);
        other.Send(1);
        other.Send(2);
        egress.Rtp.Clear();

        subscriber.OnRtcp(_call.Now, Nack(101));

        Assert.Empty(egress.Rtp);
    }

    [Fact]
    public void Attach_NackForPreviousTrack_IgnoresNewTrack()
    {
        var (subscriber, down, egress) = _call.Join();
        Send(77, 1, key: true);
        Send(77, 2);
        var other = new Call();
        other.Now = _call.Now;
        other.Track.Attach(down);
        other.Send(1, key: true);
        other.Send(2);
        egress.Rtp.Clear();

        subscriber.OnRtcp(_call.Now, Nack(101));
        Assert.Empty(egress.Rtp);

        subscriber.OnRtcp(_call.Now, Nack(103));
        Assert.Single(egress.Rtp);
    }

    [Fact]
    public void OnRtp_LatePacketsOfPreviousSource_DoNotRestoreIt()
    {
        var (_, _, egress) = _call.Join();
        Send(77, 1, key: true);
        _call.Send(500, ssrc: 70, payloadType: 97, payload: [0, 1, 0x10, 0x00, 0, 1, 0, 0]);
        Send(78, 1_000, key: true);

        Send(77, 2);
        _call.Send(501, ssrc: 70, payloadType: 97, payload: [3, 231, 0x10, 0x00, 3, 231, 0, 0]); // number 999, which the new source did not send
        Send(78, 1_001);

        Assert.Equal(78u, _call.Layer.Ssrc);
        Assert.Null(_call.Layer.RtxSsrc);
        Assert.Equal([100, 101, 102], egress.Sequences.Select(s => (int)s));
        Assert.Equal(2, _call.UnknownPackets);
    }

    [Fact]
    public void Renegotiate_LatePacketsOfPreviousSource_DoNotRestoreIt()
    {
        var (_, _, egress) = _call.Join();
        Send(77, 1, key: true);
        _call.Publisher.Renegotiate(_call.Track, _call.Track.Options with { Layers = Call.OneLayer(78) });

        Send(77, 2, key: true);
        Send(78, 1_000, key: true);

        Assert.Equal(78u, _call.Layer.Ssrc);
        Assert.Equal(2, egress.Rtp.Count);
    }

    [Fact]
    public void OnRtp_AlternatingSources_ChangesAtMostEveryTwoSeconds()
    {
        _call.Join();
        Send(77, 1, key: true);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var packets = 0;
        for (var i = 0; i < 1_000; i++)
        {
            Send((uint)(1_000 + i), 1, key: true);
            packets++;
        }

        Assert.Equal(packets - 1, _call.UnknownPackets);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [Theory]
    [InlineData(MediaKind.Audio)]
    [InlineData(MediaKind.Video)]
    public void Join_AfterSenderReport_SendsItWithFirstPacket(MediaKind kind)
    {
        var call = new Call(kind);
        call.Send(1, timestamp: 10_000, key: true);
        call.Publisher.OnRtcp(call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddSenderReport(Call.Ssrc, 42UL << 32, 12_000, 1, 1)));
        var (subscriber, track, egress) = call.Join();
        Assert.Empty(egress.Rtcp);

        call.Send(2, timestamp: 20_000, key: true);

        var offset = egress.Headers.Single().Timestamp - 20_000;
        var reader = new RtcpReader(Assert.Single(egress.Rtcp));
        Assert.True(reader.MoveNext());
        Assert.True(SenderReport.TryParse(reader.Current, out var report));
        Assert.Equal((5000u, 42UL << 32, 12_000 + offset), (report.Ssrc, report.NtpTimestamp, report.RtpTimestamp));

        // The report also starts the round-trip measurement.
        var block = new ReportBlock { Ssrc = 5000, LastSenderReport = NtpTime.Middle(42UL << 32), DelaySinceLastSenderReport = 0 };
        subscriber.OnRtcp(call.Now + (50 * Call.Millisecond), Call.Rtcp((ref RtcpWriter w) => w.AddReceiverReport(9, block)));
        Assert.Equal(50 * Call.Millisecond, track.RoundTripTicks);
    }

    private void Send(uint ssrc, ushort sequence, uint timestamp = 0, bool key = false) => _call.Send(sequence, timestamp, key, ssrc, mid: "v");

    private static byte[] Nack(ushort sequence)
    {
        ushort[] missing = [sequence];
        return Call.Rtcp((ref RtcpWriter w) => w.AddNack(9, 5000, missing));
    }
}
