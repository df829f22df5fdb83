using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>A track continues on another connection of its participant.</summary>
public sealed class ReconnectTests
{
    private readonly Call _call = new();
    private readonly RecordingEgress _upstream = new();

    [Theory]
    [InlineData(Call.Ssrc)]
    [InlineData(2000)]
    public void Continue_OtherConnection_ContinuesNumbering(uint ssrc)
    {
        var (_, _, egress) = _call.Join();
        _call.Send(40_000, 5_000, key: true);
        _call.Send(40_001, 8_000);
        _call.Advance(100);

        var next = Move(ssrc);
        next.OnRtp(_call.Now, Packet(10, 1_000_000, key: true, ssrc));
        next.OnRtp(_call.Now, Packet(11, 1_003_000, key: false, ssrc));

        Assert.Equal([100, 101, 102, 103], egress.Sequences.Select(s => (int)s));
        Assert.Equal([5_000u, 8_000u, 17_000u, 20_000u], egress.Headers.Select(h => h.Timestamp));
    }

    [Fact]
    public void Continue_OtherConnection_WaitsForKeyFrame()
    {
        var (_, _, egress) = _call.Join();
        _call.Send(1, key: true);
        _call.Advance(2_000);

        var next = Move(Call.Ssrc);
        next.OnRtp(_call.Now, Packet(2, 0, key: false, Call.Ssrc));
        next.HandleTimeout(_call.Now + (10 * Call.Millisecond));

        Assert.Single(egress.Rtp);
        Assert.Equal(1, _upstream.PictureLossIndications);
    }

    [Fact]
    public void Continue_OtherConnection_ForgetsOldHistory()
    {
        var (subscriber, _, egress) = _call.Join();
        _call.Send(7, key: true); // sent as 100
        _call.Send(8); // sent as 101
        var next = Move(Call.Ssrc);
        next.OnRtp(_call.Now, Packet(7, 0, key: true, Call.Ssrc)); // sent as 102
        next.OnRtp(_call.Now, Packet(9, 0, key: false, Call.Ssrc)); // sent as 104
        egress.Rtp.Clear();

        // 103 would be number 8 of the new connection, which did not arrive.
        subscriber.OnRtcp(_call.Now, Call.Rtcp((ref RtcpWriter writer) => writer.AddNack(9, 5000, [103])));

        Assert.Empty(egress.Rtp);
    }

    [Fact]
    public void HandleTimeout_NotConnectedYet_KeepsRequestForKeyFrame()
    {
        _call.Join();
        _upstream.IsReady = false;
        var next = Move(Call.Ssrc);
        for (var i = 0; i < 500; i++)
        {
            next.HandleTimeout(_call.Now += 10 * Call.Millisecond);
        }

        Assert.Equal(0, _upstream.PictureLossIndications);
        _upstream.IsReady = true;
        next.HandleTimeout(_call.Now += 10 * Call.Millisecond);

        Assert.Equal(1, _upstream.PictureLossIndications);
    }

    private Publisher Move(uint ssrc)
    {
        var next = new Publisher(_upstream, ownSsrc: 2);
        _call.Publisher.Remove(_call.Track);
        next.Continue(_call.Track, _call.Track.Options with { Layers = Call.OneLayer(ssrc, ssrc + 1) });
        return next;
    }

    private static byte[] Packet(ushort sequence, uint timestamp, bool key, uint ssrc) =>
        Call.Packet(sequence, timestamp, key, ssrc, payloadType: 96, transport: null, mid: null, level: null, payload: null);
}
