using MeetOperator.Rtc.Testing;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>A subscriber that comes just after a key frame gets it from the history, and no other one is requested. A picture has 3,000 ticks of the clock and takes 30 ms.</summary>
public sealed class KeyFrameReplayTests
{
    private const uint FrameTicks = 3_000;
    private readonly Call _call = new();
    private uint _timestamp = uint.MaxValue - (2 * FrameTicks);

    [Fact]
    public void Join_JustAfterKeyFrame_GetsItAndWhatFollows()
    {
        Start(_call, 65_534); // the numbers wrap around
        SendPicture(_call, 65_535);
        SendPicture(_call, 0);

        var (_, _, egress) = Join(_call);
        _call.Advance(10);
        SendPicture(_call, 1);

        AssertGot(egress, 65_534, 65_535, 0, 1);
        Assert.Equal([0u, FrameTicks, 2 * FrameTicks, 3 * FrameTicks], egress.Headers.Select(h => h.Timestamp - egress.Headers.First().Timestamp));
        Assert.Equal(0, _call.Upstream.PictureLossIndications);
    }

    [Fact]
    public void OnReady_JustAfterKeyFrame_GetsItAndWhatFollows()
    {
        var (subscriber, _, egress) = _call.Join(ready: false);
        Start(_call, 10);
        SendPicture(_call, 11);
        Assert.Empty(egress.Rtp);

        egress.IsReady = true;
        subscriber.OnReady();
        _call.Advance(10);
        SendPicture(_call, 12);

        AssertGot(egress, 10, 11, 12);
        Assert.Equal(0, _call.Upstream.PictureLossIndications);
    }

    [Fact]
    public void Join_TwoAtOnce_BothGetTheKeyFrame()
    {
        Start(_call, 10);
        var (_, _, first) = Join(_call, 6_000);
        var (_, _, second) = Join(_call, 7_000);
        SendPicture(_call, 11);
        SendPicture(_call, 12);

        AssertGot(first, 10, 11, 12);
        AssertGot(second, 10, 11, 12);
        Assert.Equal(0, _call.Upstream.PictureLossIndications);
    }

    [Fact]
    public void Join_WithinKeyFrame_GetsTheRestWhenItArrives()
    {
        Start(_call, 10);
        _call.Send(11, _timestamp); // of the same picture
        var (_, _, egress) = Join(_call);
        _call.Advance(10);
        _call.Send(12, _timestamp);
        SendPicture(_call, 13);

        AssertGot(egress, 10, 11, 12, 13);
        Assert.Equal(3, egress.Headers.Count(h => h.Timestamp == egress.Headers.First().Timestamp));
    }

    [Theory]
    [InlineData(400, true)]
    [InlineData(600, false)]
    public void Join_SomeTimeAfterKeyFrame_GetsItIfItIsRecent(int milliseconds, bool isReplayed)
    {
        Start(_call, 10);
        _call.Advance(milliseconds);

        var (_, _, egress) = Join(_call);
        _call.Advance(10);

        AssertStarted(isReplayed, egress);
    }

    [Fact]
    public void Join_PacketIsMissing_GetsTheKeyFrameOnlyOnceItHasArrived()
    {
        Start(_call, 10);
        SendPicture(_call, 11);
        SendPicture(_call, 13);
        var (_, _, early) = Join(_call, 6_000);
        _call.Advance(10);
        AssertStarted(false, early);

        _call.Send(12, _timestamp - FrameTicks); // late
        var (_, _, egress) = Join(_call, 7_000);
        _call.Advance(10);

        AssertGot(egress, 10, 11, 12, 13);
        Assert.Empty(early.Rtp);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Join_KeyFrameStartsAfterItsSecondPacket_RequestsAnother(bool hasThirdPacket)
    {
        SendPicture(_call, 9);
        _call.Send(11, _timestamp += FrameTicks);
        _call.Send(10, _timestamp, key: true);
        if (hasThirdPacket)
        {
            _call.Send(12, _timestamp);
        }

        var (_, _, egress) = Join(_call);
        _call.Advance(10);

        AssertStarted(false, egress);
    }

    [Theory]
    [InlineData(64, 100, true)]
    [InlineData(65, 100, false)]
    [InlineData(50, 1_200, true)]
    [InlineData(60, 1_200, false)]
    public void Join_LargeKeyFrame_GetsItWithinTheLimits(int packets, int bytes, bool isReplayed)
    {
        for (var i = 0; i < packets; i++)
        {
            _call.Send((ushort)i, 7, payload: [0x10, (byte)(i == 0 ? 0 : 1), (byte)(i >> 8), (byte)i, .. new byte[bytes]]);
        }

        var (_, _, egress) = Join(_call);
        _call.Advance(10);

        AssertStarted(isReplayed, egress);
        Assert.Equal(isReplayed ? packets : 0, egress.Rtp.Count);
    }

    [Fact]
    public void Join_EveryPictureIsKeyFrame_GetsTheNewest()
    {
        for (ushort i = 0; i < 200; i++)
        {
            _call.Send(i, _timestamp += FrameTicks, key: true);
        }

        var (_, _, egress) = Join(_call);
        _call.Advance(10);

        AssertGot(egress, 199);
        Assert.Equal(0, _call.Upstream.PictureLossIndications);
    }

    [Fact]
    public void Join_MutedSinceKeyFrame_GetsNothingOfIt()
    {
        Start(_call, 10);
        _call.Track.SetMuted(true);
        SendPicture(_call, 11);
        SendPicture(_call, 12, key: true);
        _call.Track.SetMuted(false);

        var (_, _, egress) = Join(_call);
        _call.Advance(10);
        SendPicture(_call, 13);

        AssertStarted(false, egress);
    }

    /// <summary>Receivers open no frame that is older than their key.</summary>
    [Fact]
    public void Join_Encrypted_RequestsAnother()
    {
        var call = new Call(encrypted: true);
        call.Publisher.Renegotiate(call.Track, call.Track.Options with { Extensions = Call.PublisherMap.With(HeaderExtensionKind.DependencyDescriptor, 12) });
        call.Publisher.OnRtp(call.Now, Call.Packet(10, 1, true, Call.Ssrc, 96, null, null, null, null, descriptor: [0x80, 0, 1, 0x80, 0]));
        Assert.True(call.Track.Layers[0].Replay!.IsUsable(call.Now));

        var (_, _, egress) = Join(call);
        call.Advance(10);

        Assert.Empty(egress.Rtp);
        Assert.Equal(1, call.Upstream.PictureLossIndications);
    }

    /// <summary>The links of a room are not paced, and all its tracks may start in one moment.</summary>
    [Theory]
    [InlineData(12, true)]
    [InlineData(17, false)]
    public void Join_OverLink_GetsOnlySmallKeyFrames(int packets, bool isReplayed)
    {
        for (ushort i = 0; i < packets; i++)
        {
            _call.Send(i, 7, payload: [0x10, (byte)(i == 0 ? 0 : 1), 0, (byte)i, .. new byte[1_000]]);
        }

        var egress = new RecordingEgress();
        new Subscriber(egress).Add(_call.Track, new DownTrackOptions { Ssrc = 9, PayloadType = 120, FirstSequenceNumber = 1, Layer = 0, Extensions = HeaderExtensionMap.Empty, Cname = "alice" });
        _call.Publisher.HandleTimeout(_call.Now);
        _call.Advance(10);

        AssertStarted(isReplayed, egress);
    }

    [Fact]
    public void Join_H264ParametersArriveAfterThePicture_RequestsAnother()
    {
        _call.Publisher.Renegotiate(_call.Track, _call.Track.Options with { Codec = VideoCodec.H264 });
        _call.Track.Reconnect(_call.Track.Options); // with a history of that codec
        _call.Send(11, 1, payload: [0x65, 0x88, 10, 12, 1, 1]);
        _call.Send(10, 1, payload: [0x67, 0x42, 10, 10, 1, 1]);
        _call.Upstream.Rtcp.Clear();

        var (_, _, egress) = Join(_call);
        _call.Advance(10);

        AssertStarted(false, egress);
    }

    [Fact]
    public void Join_H264_GetsParametersAndPicture()
    {
        _call.Publisher.Renegotiate(_call.Track, _call.Track.Options with { Codec = VideoCodec.H264 });
        _call.Track.Reconnect(_call.Track.Options); // with a history of that codec
        byte[][] units = [[0x67, 0x42, 10, 10, 1, 1], [0x68, 1, 10, 11, 1, 1], [0x65, 0x88, 10, 12, 1, 1], [0x41, 0x9a, 10, 13, 1, 1]];
        for (var i = 0; i < units.Length; i++)
        {
            _call.Send((ushort)(10 + i), i < 3 ? 1 : 1 + FrameTicks, payload: units[i]);
        }

        _call.Upstream.Rtcp.Clear();
        var (_, _, egress) = Join(_call);
        _call.Advance(10);

        Assert.Equal(units, egress.Rtp.Select(RecordingEgress.Payload));
        Assert.Equal(0, _call.Upstream.PictureLossIndications);
    }

    [Fact]
    public void Join_RelayedTrack_GetsTheKeyFrame()
    {
        _call.Track.Reconnect(_call.Track.Options with { IsRelayed = true });
        _call.Track.SetAnnouncedLayers([new(true, 640, 360, 10_000)]);
        _call.Publisher.HandleTimeout(_call.Now);
        Start(_call, 10);
        SendPicture(_call, 11);

        var (_, _, egress) = Join(_call);
        _call.Advance(10);
        SendPicture(_call, 12);

        AssertGot(egress, 10, 11, 12);
        Assert.Equal(0, _call.Upstream.PictureLossIndications);
    }

    /// <summary>There is no memory, or only for the end of the key frame.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(8_192)]
    public void Join_NoMemoryForHistory_RequestsAnother(int bytes)
    {
        var call = new Call(budget: new MemoryBudget(bytes, maxHistoryBytes: 8_192));
        for (ushort i = 10; i < 30; i++)
        {
            call.Send(i, 1, payload: [0x10, (byte)(i == 10 ? 0 : 1), 0, (byte)i, .. new byte[1_000]]);
        }

        var (_, _, egress) = Join(call);
        call.Advance(10);

        Assert.Empty(egress.Rtp);
        Assert.Equal(1, call.Upstream.PictureLossIndications);
    }

    [Fact]
    public void Choose_AnotherLayerIsSent_WaitsForItsKeyFrame()
    {
        var call = new Call(layers: [new() { Ssrc = 2_000 }, new() { Ssrc = 3_000 }]);
        var (_, down, egress) = call.Join();
        call.Send(10, 1, key: true, ssrc: 3_000);
        call.Advance(50);
        call.Send(700, 5, key: true, ssrc: 2_000);

        down.Choose(call.Track.Layers[0]);
        call.Track.ReplayKeyFrames(call.Now);
        call.Send(11, 4, ssrc: 3_000);

        Assert.Equal([10, 11], egress.Rtp.Select(NumberIn));
        Assert.True(call.Track.Layers[0].TryTakeKeyFrameRequest(call.Now));
    }

    [Fact]
    public void Join_LowerLayerStartsFirst_RequestsTheChosenOne()
    {
        var call = new Call(layers: [new() { Ssrc = 2_000 }, new() { Ssrc = 3_000 }]);
        call.Send(700, 5, key: true, ssrc: 2_000);
        call.Send(10, 1, key: true, ssrc: 3_000);
        call.Advance(10);
        var (_, _, egress) = call.Join();
        call.Send(701, 5 + FrameTicks, key: true, ssrc: 2_000);
        call.Advance(10);

        Assert.Equal([701], egress.Rtp.Select(NumberIn));
        Assert.Equal(1, call.Upstream.PictureLossIndications);
    }

    /// <summary>The pause begins before the key frame, or after it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Choose_AfterPause_GetsTheKeyFrameUnlessItWasSent(bool isKeyFrameInPause)
    {
        var (_, down, egress) = Join(_call);
        Start(_call, 10);
        SendPicture(_call, 11, key: !isKeyFrameInPause);
        _call.Advance(600);
        _call.Upstream.Rtcp.Clear();
        SendPicture(_call, 12, key: !isKeyFrameInPause);
        down.Choose(null);
        SendPicture(_call, 13, key: isKeyFrameInPause);
        SendPicture(_call, 14);
        down.Choose(Call.LayerOf(_call.Track));
        _call.Advance(10);
        SendPicture(_call, 15);

        if (isKeyFrameInPause)
        {
            AssertGot(egress, 10, 11, 12, 13, 14, 15);
            Assert.All(egress.Headers.Zip(egress.Headers.Skip(1)), pair => Assert.Equal(FrameTicks, pair.Second.Timestamp - pair.First.Timestamp));
            Assert.Equal(0, _call.Upstream.PictureLossIndications);
        }
        else
        {
            AssertGot(egress, 10, 11, 12);
            Assert.Equal(1, _call.Upstream.PictureLossIndications);
        }
    }

    [Fact]
    public void Limit_LineHasPausedTheTrack_WaitsForANewKeyFrame()
    {
        var (_, down, egress) = Join(_call);
        _call.Advance(10);
        down.Limit(_call.Now, StreamAllocator.Paused);
        Start(_call, 10);
        _call.Upstream.Rtcp.Clear();

        down.Limit(_call.Now, int.MaxValue);
        _call.Advance(250); // after the last request

        AssertStarted(false, egress);
    }

    /// <summary>The clock of the stream goes on as if the key frame had been sent when it arrived.</summary>
    [Fact]
    public void Start_AnotherSourceInASlot_ContinuesTheStream()
    {
        var bob = new Call();
        var (subscriber, down, egress) = Join(bob);
        bob.Send(500, 1, key: true);
        subscriber.Start(down, bob.Track, down.Options);
        down.Stop();
        _call.Now = bob.Now + (200 * Call.Millisecond);
        Start(_call, 10);
        _call.Advance(300);

        subscriber.Start(down, _call.Track, down.Options);
        _call.Advance(10);

        AssertGot(egress, 500, 10);
        Assert.Equal(230u * 90, egress.Headers.Last().Timestamp - egress.Headers.First().Timestamp);
        Assert.Equal(0, _call.Upstream.PictureLossIndications);
    }

    [Theory]
    [InlineData(10_000_000, true)]
    [InlineData(100_000, false)]
    public void Join_PacedLine_GetsTheKeyFrameIfThereIsRoom(int bitsPerSecond, bool isReplayed)
    {
        var map = HeaderExtensionMap.Empty.With(HeaderExtensionKind.TransportSequenceNumber, 5);
        var other = new Call { Now = _call.Now };
        var egress = new RecordingEgress();
        var subscriber = new Subscriber(egress);
        subscriber.AssumeLine(bitsPerSecond);
        subscriber.Add(other.Track, new DownTrackOptions { Ssrc = 1, PayloadType = 120, FirstSequenceNumber = 1, Extensions = map, Cname = "bob" });
        other.Send(1, key: true); // the rate applies from the first packet on
        for (ushort i = 10; i < 40; i++)
        {
            _call.Send(i, 7, payload: [0x10, (byte)(i == 10 ? 0 : 1), 0, (byte)i, .. new byte[1_000]]);
        }

        subscriber.Add(_call.Track, new DownTrackOptions { Ssrc = 9, PayloadType = 120, FirstSequenceNumber = 1, Extensions = map, Cname = "alice" });
        _call.Publisher.HandleTimeout(_call.Now);

        Assert.Equal(isReplayed, egress.Headers.Any(h => h.Ssrc == 9));
        Assert.Equal(isReplayed ? 0 : 1, _call.Upstream.PictureLossIndications);
    }

    [Fact]
    public void Resend_ReplayedPacket_SendsIt()
    {
        Start(_call, 10);
        SendPicture(_call, 11);
        var (subscriber, down, egress) = Join(_call);
        _call.Advance(10);
        egress.Rtp.Clear();

        subscriber.OnRtcp(_call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddNack(9, down.Options.Ssrc, [101])));

        Assert.Equal([0, 101, 0x10, 1, 0, 11, 0, 0], RecordingEgress.Payload(Assert.Single(egress.Rtp)));
    }

    /// <summary>A stream in several layers, of which the newcomer gets the lower ones: everything that it gets can be decoded.</summary>
    [Theory]
    [InlineData(1, 3, false, 0)]
    [InlineData(1, 3, false, int.MaxValue)]
    [InlineData(3, 3, true, 2)]
    [InlineData(2, 1, true, int.MaxValue)]
    public void Join_StreamInLayers_GetsFramesThatItCanDecode(int spatialLayers, int temporalLayers, bool isKeyOnly, int step)
    {
        var call = new ScalableCall(7, new ScalableEncoder(spatialLayers, temporalLayers, isKeyOnly, firstFrame: 65_533));
        call.Send(6);
        var (_, down, egress) = call.Call.Join(6_000);
        down.Renegotiate(down.Options with { Extensions = HeaderExtensionMap.Empty.With(HeaderExtensionKind.DependencyDescriptor, 3) });
        down.Limit(call.Call.Now, step);
        call.Call.Advance(10);
        var replayed = egress.Rtp.Count;
        call.Send(8);

        Assert.InRange(replayed, 4, 6 * 2 * spatialLayers);
        Assert.Equal(1, call.KeyPictures);
        Assert.Equal(Enumerable.Range(100, egress.Rtp.Count), egress.Sequences.Select(s => (int)s));
        var seen = egress.Rtp.Select(p => call.Read(p, RecordingEgress.Header(p).SequenceNumber)).ToList();
        Assert.True(seen[0].Frame.IsKey);
        foreach (var packet in seen)
        {
            Assert.All(packet.Frame.DependsOn, distance => Assert.Contains(seen, needed => needed.Id == packet.Id - distance));
        }

        Assert.InRange(seen[^1].Picture, 12, 13);
        Assert.True(seen[^1].Marker);
    }

    private (Subscriber Subscriber, DownTrack Track, RecordingEgress Egress) Join(Call call, uint ssrc = 5_000)
    {
        var joined = call.Join(ssrc);
        if (call != _call || call.Track.ReceivedPackets > 0)
        {
            call.Publisher.HandleTimeout(call.Now);
        }

        return joined;
    }

    private void Start(Call call, ushort sequence) => SendPicture(call, sequence, key: true);

    private void SendPicture(Call call, ushort sequence, bool key = false)
    {
        call.Advance(30);
        call.Send(sequence, _timestamp += FrameTicks, key);
    }

    /// <summary>The subscriber got exactly these packets of the publisher, with continuous numbers.</summary>
    private static void AssertGot(RecordingEgress egress, params int[] numbers)
    {
        Assert.Equal(numbers, egress.Rtp.Select(NumberIn));
        Assert.Equal(Enumerable.Range(100, numbers.Length), egress.Sequences.Select(s => (int)s));
    }

    private void AssertStarted(bool isReplayed, RecordingEgress egress)
    {
        Assert.Equal(isReplayed, egress.Rtp.Count > 0);
        Assert.Equal(isReplayed ? 0 : 1, _call.Upstream.PictureLossIndications);
    }

    private static int NumberIn(byte[] packet) => (RecordingEgress.Payload(packet)[2] << 8) | RecordingEgress.Payload(packet)[3];
}
