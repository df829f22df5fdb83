using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

public sealed class RedundantAudioTests
{
    private const byte Red = 77;
    private const byte Opus = 120;

    [Fact]
    public void OnRtp_ReceiverLosesPackets_SendsEachFrameTwice()
    {
        var call = new Call(MediaKind.Audio);
        var (subscriber, _, egress) = call.Join(red: Red);
        ReportLoss(call, subscriber, 0.10);

        Send(call, 1);
        Send(call, 2);
        Send(call, 3);

        Assert.Equal([Opus, Red, Red], egress.Headers.Select(h => h.PayloadType));
        Assert.Equal([[1], [1, 2], [2, 3]], egress.Rtp.Select(Frames));
        Assert.Equal([100, 101, 102], egress.Sequences.Select(s => (int)s));
    }

    [Fact]
    public void OnRtcp_LossEnds_EndsRedundancyTenSecondsLater()
    {
        var call = new Call(MediaKind.Audio);
        var (subscriber, _, egress) = call.Join(red: Red);
        ReportLoss(call, subscriber, 0.10);
        Send(call, 1);
        ReportLoss(call, subscriber, 0);
        call.Advance(9_000);
        Send(call, 2);
        Assert.Equal(Red, egress.Headers.Last().PayloadType);

        call.Advance(2_000);
        Send(call, 3);
        Send(call, 4);

        Assert.Equal(Opus, egress.Headers.Last().PayloadType);
    }

    [Fact]
    public void OnRtp_RedundantAndNoLoss_SendsEachFrameOnce()
    {
        var call = new Call(MediaKind.Audio);
        var (_, _, egress) = call.Join(red: Red);

        SendRedundant(call, 1);
        SendRedundant(call, 2);

        Assert.Equal([Opus, Opus], egress.Headers.Select(h => h.PayloadType));
        Assert.Equal([[1], [2]], egress.Rtp.Select(Frames));
    }

    [Fact]
    public void OnRtp_RedundantAfterLostPacket_SendsTheLostFrame()
    {
        var call = new Call(MediaKind.Audio);
        var (_, _, egress) = call.Join(red: Red);
        SendRedundant(call, 1);

        SendRedundant(call, 3);
        SendRedundant(call, 4);

        Assert.Equal([[1], [2, 3], [4]], egress.Rtp.Select(Frames));
    }

    [Fact]
    public void OnRtp_RedundantAndReceiverLosesPackets_SendsBothFramesWithItsPayloadType()
    {
        var call = new Call(MediaKind.Audio);
        var (subscriber, _, egress) = call.Join(red: Red);
        ReportLoss(call, subscriber, 0.10);

        SendRedundant(call, 1);
        SendRedundant(call, 2);

        Assert.Equal([Red, Red], egress.Headers.Select(h => h.PayloadType));
        Assert.Equal([[0, 1], [1, 2]], egress.Rtp.Select(Frames));
        Assert.All(egress.Rtp, p => Assert.True(RedPayload.TryFindCurrent(RecordingEgress.Payload(p), out var type, out _) && type == Opus));
    }

    [Fact]
    public void OnRtp_ReceiverWithoutRed_SendsEachFrameOnceDespiteLoss()
    {
        var call = new Call(MediaKind.Audio);
        var (subscriber, _, egress) = call.Join(red: null);
        ReportLoss(call, subscriber, 0.20);

        SendRedundant(call, 1);
        SendRedundant(call, 3);

        Assert.Equal([Opus, Opus], egress.Headers.Select(h => h.PayloadType));
        Assert.Equal([[1], [3]], egress.Rtp.Select(Frames));
    }

    [Fact]
    public void OnRtp_EncryptedAndReceiverLosesPackets_SendsEachFrameOnce()
    {
        var call = new Call(MediaKind.Audio, encrypted: true);
        var (subscriber, _, egress) = call.Join(red: Red);
        ReportLoss(call, subscriber, 0.20);

        Send(call, 1);
        Send(call, 2);

        Assert.Equal([Opus, Opus], egress.Headers.Select(h => h.PayloadType));
        Assert.Equal([[1], [2]], egress.Rtp.Select(Frames));
    }

    /// <summary>Opus sends nothing for up to 400 ms of silence. The frame before the silence is of no use any more.</summary>
    [Fact]
    public void OnRtp_FrameAfterSilence_IsSentOnce()
    {
        var call = new Call(MediaKind.Audio);
        var (subscriber, _, egress) = call.Join(red: Red);
        ReportLoss(call, subscriber, 0.10);
        call.Send(1, 960, payload: [1]);

        call.Send(2, 960 + 20_000, payload: [2]);

        Assert.Equal([[1], [2]], egress.Rtp.Select(Frames));
    }

    /// <summary>A datagram that is too large for the path is split by IP, and then often lost. Loud music has frames of this size.</summary>
    [Theory]
    [InlineData(570, true)]
    [InlineData(700, false)]
    [InlineData(1_275, false)]
    public void OnRtp_LongFrames_AreSentTwiceOnlyWhereBothFit(int bytes, bool isTwice)
    {
        var call = new Call(MediaKind.Audio);
        var (subscriber, _, egress) = call.Join(red: Red);
        ReportLoss(call, subscriber, 0.10);

        for (ushort i = 1; i <= 10; i++)
        {
            call.Send(i, i * 960u, payload: new byte[bytes]);
        }

        Assert.Equal(isTwice ? 9 : 0, egress.Headers.Count(h => h.PayloadType == Red));
        Assert.Equal(10, egress.Rtp.Count);
        Assert.All(egress.Rtp, p => Assert.InRange(p.Length, bytes, 1_400 - 16)); // with encryption, the limit of a packet
    }

    /// <summary>The same for the packets of a publisher that sends each frame twice.</summary>
    [Fact]
    public void OnRtp_LongRedundantPackets_AreSentWithTheCurrentFrameOnly()
    {
        var call = new Call(MediaKind.Audio);
        var (subscriber, _, egress) = call.Join(red: Red);
        ReportLoss(call, subscriber, 0.10);
        var payload = new byte[1_400];
        var length = RedPayload.Write(96, new byte[680], 960, new byte[690], payload);

        call.Send(1, 960, payloadType: Call.RedPayloadType, payload: payload[..length]);

        Assert.Equal(690, RecordingEgress.Payload(Assert.Single(egress.Rtp)).Length);
    }

    /// <summary>What was said while the microphone was muted must not be heard afterwards.</summary>
    [Fact]
    public void OnRtp_AfterUnmute_RepeatsNoFrameOfTheMutedTime()
    {
        var call = new Call(MediaKind.Audio);
        var (subscriber, _, egress) = call.Join(red: Red);
        ReportLoss(call, subscriber, 0.10);
        SendRedundant(call, 1);
        call.Track.SetMuted(true);
        SendRedundant(call, 2);
        call.Track.SetMuted(false);
        SendRedundant(call, 3);
        SendRedundant(call, 4);

        Assert.Equal([[0, 1], [3], [4]], egress.Rtp.Select(Frames));

        for (byte i = 5; i < 25; i++)
        {
            SendRedundant(call, i);
        }

        Assert.Equal([23, 24], Frames(egress.Rtp[^1]));
    }

    [Fact]
    public void OnRtp_TwoReceiversWithOtherPayloadTypes_SendsEachItsOwn()
    {
        var call = new Call(MediaKind.Audio);
        var first = call.Join(5000, red: Red);
        var second = call.Join(6000, red: 78);
        second.Track.Renegotiate(second.Track.Options with { PayloadType = 121 });
        ReportLoss(call, first.Subscriber, 0.10, 5000);
        ReportLoss(call, second.Subscriber, 0.10, 6000);
        Send(call, 1);

        Send(call, 2);

        Assert.True(RedPayload.TryFindCurrent(RecordingEgress.Payload(first.Egress.Rtp[^1]), out var firstType, out _));
        Assert.True(RedPayload.TryFindCurrent(RecordingEgress.Payload(second.Egress.Rtp[^1]), out var secondType, out _));
        Assert.Equal((Opus, (byte)121), (firstType, secondType));
    }

    [Theory]
    [InlineData(new byte[] { 0x80 | 96, 0x0F, 0x00, 0xFF, 96, 1 })] // frames longer than the payload
    [InlineData(new byte[] { 97, 1, 2, 3 })] // another codec
    public void OnRtp_MalformedRedundantAudio_ForwardsNothing(byte[] payload)
    {
        var call = new Call(MediaKind.Audio);
        var (_, _, egress) = call.Join(red: Red);

        call.Send(1, payloadType: Call.RedPayloadType, payload: payload);

        Assert.Empty(egress.Rtp);
    }

    private static void Send(Call call, byte number) => call.Send(number, number * 960u, payload: [number]);

    private static void SendRedundant(Call call, byte number)
    {
        var payload = new byte[100];
        var length = RedPayload.Write(96, [(byte)(number - 1)], 960, [number], payload);
        call.Send(number, number * 960u, payloadType: Call.RedPayloadType, payload: payload[..length]);
    }

    private static void ReportLoss(Call call, Subscriber subscriber, double ratio, uint ssrc = 5000) =>
        subscriber.OnRtcp(call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddReceiverReport(9, new ReportBlock { Ssrc = ssrc, FractionLost = (byte)(ratio * 256) })));

    /// <summary>The frames of a packet, each of which is one byte.</summary>
    private static byte[] Frames(byte[] packet)
    {
        var payload = RecordingEgress.Payload(packet);
        return RecordingEgress.Header(packet).PayloadType is Red or 78 ? payload[RedPayload.HeaderBytes..] : payload;
    }
}
