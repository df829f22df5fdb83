using MeetOperator.Rtp.Retransmission;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>A layer takes memory for retransmissions with its first packet, and returns it some seconds after its last one, unless it is forwarded.</summary>
public sealed class LayerHistoryTests
{
    private const long Bytes = 16 * 1024 * 1024;
    private const int LayerBytes = 320 * 1024;
    private const int Seconds = 1000;
    private static readonly string[] Rids = ["q", "h", "f"];
    private readonly MemoryBudget _budget = new(Bytes);
    private readonly Call _call;

    public LayerHistoryTests() => _call = new Call(budget: _budget, layers: [.. Rids.Select((rid, i) => new UpLayerOptions { Rid = rid, Ssrc = SsrcOf(i), RtxSsrc = SsrcOf(i) + 1 })]);

    private long TakenBytes => Bytes - _budget.AvailableBytes;

    [Fact]
    public void UpTrack_NoPackets_TakesNoMemory()
    {
        Assert.Equal(0, TakenBytes);
        _call.Track.Close();
        Assert.Equal(0, TakenBytes);
    }

    [Fact]
    public void Receive_FirstPacket_TakesMemoryForItsLayer()
    {
        Send(layer: 1, 10, key: true);
        Send(layer: 1, 11);
        Assert.Equal(LayerBytes, TakenBytes);

        Send(layer: 2, 10, key: true);
        Assert.Equal(2 * LayerBytes, TakenBytes);
    }

    [Fact]
    public void Receive_Audio_TakesNoMemory()
    {
        var call = new Call(MediaKind.Audio, budget: _budget);
        call.Send(1);
        Assert.Equal(0, TakenBytes);
    }

    [Fact]
    public void HandleTimeout_LayerThatNobodyWatchesIsSilent_ReturnsItsMemory()
    {
        Join();
        for (var i = 0; i < 3; i++)
        {
            Send(i, 10, key: true);
        }

        _call.Advance(5 * Seconds);
        Assert.Equal(3 * LayerBytes, TakenBytes);
        for (ushort i = 11; i < 80; i++)
        {
            Send(layer: 2, i);
            _call.Advance(100);
        }

        Assert.Equal(LayerBytes, TakenBytes);
        Send(layer: 0, 11);
        Assert.Equal(2 * LayerBytes, TakenBytes);
    }

    [Fact]
    public void HandleTimeout_MutedTrack_ReturnsItsMemory()
    {
        Join();
        Send(layer: 2, 10, key: true);
        _call.Track.SetMuted(true);
        _call.Advance(15 * Seconds);
        Assert.Equal(0, TakenBytes);
    }

    [Fact]
    public void HandleTimeout_OneLayerWithoutSubscribers_ReturnsItsMemory()
    {
        var call = new Call(budget: _budget);
        call.Send(10, key: true);
        Assert.Equal(2 * LayerBytes, TakenBytes);
        call.Advance(15 * Seconds);
        Assert.Equal(0, TakenBytes);
    }

    [Fact]
    public void Resend_RightAfterPause_SendsPacket()
    {
        var (subscriber, down, egress) = Join();
        Send(layer: 2, 10, key: true); // 100
        Send(layer: 2, 11);
        _call.Track.SetMuted(true);
        _call.Advance(9 * Seconds);
        egress.Rtp.Clear();

        Nack(subscriber, down, 101);

        Assert.Equal(11, NumberInResent(Assert.Single(egress.Rtp)));
    }

    /// <summary>A subscriber finds out that it misses the last packet before a silence, as of a screen that does not change, when the next one arrives.</summary>
    [Fact]
    public void Resend_LastPacketBeforeLongSilence_SendsPacket()
    {
        var (subscriber, down, egress) = Join();
        Send(layer: 2, 10, key: true); // 100
        Send(layer: 2, 11);
        _call.Advance(60 * Seconds);
        Send(layer: 2, 12);
        egress.Rtp.Clear();

        Nack(subscriber, down, 101);

        Assert.Equal(11, NumberInResent(Assert.Single(egress.Rtp)));
    }

    [Fact]
    public void Resend_AfterSwitch_SendsPacketOfFormerLayer()
    {
        var (subscriber, down, egress) = Join();
        Send(layer: 2, 10, key: true); // 100
        Send(layer: 2, 11);
        down.SetView(TrackView.Of(160, 90));
        Send(layer: 0, 700, key: true); // 102
        for (ushort i = 701; i < 705; i++)
        {
            _call.Advance(1 * Seconds);
            Send(layer: 0, i);
        }

        egress.Rtp.Clear();
        Nack(subscriber, down, 101);

        Assert.Equal(11, NumberInResent(Assert.Single(egress.Rtp)));
    }

    [Fact]
    public void Resend_PacketBeforeReturnedMemory_SendsNothing()
    {
        var (subscriber, down, egress) = Join();
        Send(layer: 2, 10, key: true); // 100
        Send(layer: 2, 11);
        _call.Track.SetMuted(true);
        _call.Advance(15 * Seconds);
        _call.Track.SetMuted(false);
        Send(layer: 2, 12, key: true);
        egress.Rtp.Clear();

        Nack(subscriber, down, 101);
        Assert.Empty(egress.Rtp);

        Nack(subscriber, down, 102);
        Assert.Equal(12, NumberInResent(Assert.Single(egress.Rtp)));
    }

    [Fact]
    public void Receive_BudgetIsExhausted_ForwardsWithoutHistory()
    {
        Assert.True(_budget.TryTake((int)Bytes));
        var (subscriber, down, egress) = Join();
        Send(layer: 2, 10, key: true); // 100
        Send(layer: 2, 11);
        Assert.Equal(2, egress.Rtp.Count);
        Nack(subscriber, down, 101);
        Assert.Equal(2, egress.Rtp.Count);

        // Others return memory.
        _budget.Return((int)Bytes);
        _call.Advance(2 * Seconds);
        Send(layer: 2, 12);
        Assert.Equal(LayerBytes, TakenBytes);
        _call.Track.Close();
        Assert.Equal(0, TakenBytes);
    }

    [Fact]
    public void Close_Twice_ReturnsMemoryOnce()
    {
        Send(layer: 0, 10, key: true);
        Send(layer: 1, 10, key: true);
        _call.Track.Close();
        _call.Track.Close();
        Assert.Equal(0, TakenBytes);
    }

    [Fact]
    public void Receive_AfterClose_TakesNoMemory()
    {
        Send(layer: 0, 10, key: true);
        _call.Track.Close();
        Send(layer: 0, 11, key: true);
        Assert.Equal(0, TakenBytes);
    }

    [Fact]
    public void Close_AfterReturnedMemory_ReturnsNothing()
    {
        Send(layer: 0, 10, key: true);
        _call.Advance(15 * Seconds);
        Assert.Equal(0, TakenBytes);
        _call.Track.Close();
        Assert.Equal(0, TakenBytes);
    }

    [Fact]
    public void Renegotiate_NewSsrc_KeepsMemoryAndForgetsPackets()
    {
        Send(layer: 2, 10, key: true);
        var options = _call.Track.Options;
        _call.Publisher.Renegotiate(_call.Track, options with { Layers = [options.Layers[0], options.Layers[1], new UpLayerOptions { Rid = "f", Ssrc = 7000 }] });
        Assert.Equal(LayerBytes, TakenBytes);
        Assert.False(_call.Track.Layers[2].History!.TryGet(10, out _));

        _call.Advance(15 * Seconds);
        Assert.Equal(0, TakenBytes);
    }

    [Fact]
    public void Add_SystemHasNoMemory_KeepsNothingAndTriesAgainLater()
    {
        var failures = 0;
        var fails = true;
        using var history = new LayerHistory(LayerBytes, _budget, bytes =>
        {
            failures++;
            return fails ? throw new OutOfMemoryException() : new RetransmissionHistory(512, bytes);
        });

        history.Add(1, 10, [1, 2, 3]);
        history.Add(2, 11, [1, 2, 3]);
        Assert.Equal((1, 0L), (failures, TakenBytes));

        fails = false;
        history.Add(2 * TimeSpan.TicksPerSecond, 12, [1, 2, 3]);
        Assert.True(history.TryGet(12, out _));
        Assert.Equal(LayerBytes, TakenBytes);
    }

    private static uint SsrcOf(int layer) => (uint)(2000 + (1000 * layer));

    /// <summary>A subscriber of the largest layer.</summary>
    private (Subscriber Subscriber, DownTrack Track, RecordingEgress Egress) Join()
    {
        var joined = _call.Join();
        joined.Track.SetView(TrackView.Of(1280, 720));
        return joined;
    }

    private void Send(int layer, ushort sequence, bool key = false) => _call.Send(sequence, (uint)sequence * 3000, key, SsrcOf(layer));

    private void Nack(Subscriber subscriber, DownTrack down, ushort sequence) =>
        subscriber.OnRtcp(_call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddNack(9, down.Options.Ssrc, [sequence])));

    private static int NumberInResent(byte[] packet) => (RecordingEgress.Payload(packet)[4] << 8) | RecordingEgress.Payload(packet)[5];
}
