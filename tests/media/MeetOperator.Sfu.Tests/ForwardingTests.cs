using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

public sealed class ForwardingTests
{
    [Fact]
    public void OnRtp_Video_StartsWithKeyFrameAndSubscriberNumbers()
    {
        var call = new Call();
        var (_, _, egress) = call.Join();

        call.Send(7, 90_000);
        call.Send(8, 93_000, key: true);
        call.Send(9, 96_000);

        Assert.Equal([100, 101], egress.Sequences.Select(s => (int)s));
        Assert.All(egress.Headers, h => Assert.Equal((5000u, (byte)120), (h.Ssrc, h.PayloadType)));
        Assert.Equal(3000u, egress.Headers.Last().Timestamp - egress.Headers.First().Timestamp);
        Assert.Equal([0x10, 0x00, 0, 8, 0, 0], RecordingEgress.Payload(egress.Rtp[0]));
    }

    [Fact]
    public void OnRtp_Audio_StartsImmediately()
    {
        var call = new Call(MediaKind.Audio);
        var (_, _, egress) = call.Join();

        call.Send(7);

        Assert.Single(egress.Rtp);
    }

    [Fact]
    public void OnRtp_NoKeyFrameDetected_StartsAfterThreeSeconds()
    {
        var call = new Call();
        var (_, _, egress) = call.Join();
        for (ushort i = 0; i < 40; i++)
        {
            call.Send(i);
            call.Advance(100);
        }

        Assert.InRange(egress.Rtp.Count, 5, 11);
    }

    [Fact]
    public void OnRtp_TwoSubscribers_NumbersStreamsSeparately()
    {
        var call = new Call(MediaKind.Audio);
        var first = call.Join(5000, firstSequence: 1);
        var second = call.Join(6000, firstSequence: 60_000);

        call.Send(7);
        call.Send(8);

        Assert.Equal([1, 2], first.Egress.Sequences.Select(s => (int)s));
        Assert.Equal([60_000, 60_001], second.Egress.Sequences.Select(s => (int)s));
        Assert.Equal(4, call.Track.ForwardedPackets);
    }

    [Fact]
    public void OnRtp_Extensions_AreMappedToSubscriberIds()
    {
        var call = new Call(MediaKind.Audio);
        var (_, _, egress) = call.Join();

        call.Send(7, transport: 1, mid: "v", level: 0x95);

        Assert.True(RtpPacket.TryParse(egress.Rtp[0], out var packet));
        var found = new List<(byte Id, byte Value)>();
        foreach (var element in packet.Extensions)
        {
            found.Add((element.Id, packet.Data[element.Offset]));
        }

        Assert.Equal([((byte)9, (byte)0x95)], found);
    }

    [Fact]
    public void OnRtp_LongDependencyDescriptor_UsesTwoByteForm()
    {
        var call = new Call();
        var map = Call.PublisherMap.With(HeaderExtensionKind.DependencyDescriptor, 13);
        call.Publisher.Renegotiate(call.Track, call.Track.Options with { Extensions = map });
        var (_, down, egress) = call.Join();
        down.Renegotiate(down.Options with { Extensions = HeaderExtensionMap.Empty.With(HeaderExtensionKind.DependencyDescriptor, 4) });
        var descriptor = Enumerable.Range(1, 40).Select(i => (byte)i).ToArray();
        (descriptor[0], descriptor[3]) = (0x81, 0x84); // the first packet of a key frame
        var data = new byte[400];
        data[0] = 0x90;
        data[1] = 96;
        data[11] = unchecked((byte)Call.Ssrc);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(8), Call.Ssrc);
        var writer = new HeaderExtensionWriter(data.AsSpan(12, 100), twoByte: true);
        descriptor.CopyTo(writer.Add(13, descriptor.Length));
        var extensions = writer.Finish();
        data[12 + extensions] = 0x10;

        call.Publisher.OnRtp(call.Now, data.AsSpan(0, 12 + extensions + 6));

        Assert.True(RtpPacket.TryParse(egress.Rtp.Single(), out var packet));
        var elements = packet.Extensions;
        Assert.True(elements.MoveNext());
        Assert.Equal((4, 40), (elements.Current.Id, elements.Current.Length));
        Assert.Equal(descriptor, packet.Data.Slice(elements.Current.Offset, 40).ToArray());
    }

    [Fact]
    public void SetMuted_WhileSending_ResumesWithoutGap()
    {
        var call = new Call();
        var (_, _, egress) = call.Join();
        call.Send(1, key: true);
        call.Track.SetMuted(true);
        call.Send(2);
        call.Send(3);
        call.Track.SetMuted(false);
        call.Send(4);
        call.Send(5, key: true);
        call.Send(6);

        Assert.Equal([100, 101, 102], egress.Sequences.Select(s => (int)s));
        Assert.Equal([1, 5, 6], egress.Rtp.Select(p => (int)RecordingEgress.Payload(p)[3]));
    }

    [Fact]
    public void OnRtp_ReorderedPackets_KeepsNumberOrder()
    {
        var call = new Call(MediaKind.Audio);
        var (_, _, egress) = call.Join();
        foreach (ushort sequence in new[] { 65_534, 0, 65_535, 1 })
        {
            call.Send(sequence);
        }

        Assert.Equal([100, 102, 101, 103], egress.Sequences.Select(s => (int)s));
    }

    [Fact]
    public void OnRtp_UnannouncedSsrc_IsAssignedByMidOrPayloadType()
    {
        var byMid = new Call(MediaKind.Audio, announced: false);
        var first = byMid.Join();
        byMid.Send(1, ssrc: 77, mid: "v");
        byMid.Send(2, ssrc: 77);
        Assert.Equal(2, first.Egress.Rtp.Count);
        Assert.Equal(77u, byMid.Layer.Ssrc);

        var byPayloadType = new Call(MediaKind.Audio, announced: false);
        var second = byPayloadType.Join();
        byPayloadType.Send(1, ssrc: 78);
        Assert.Single(second.Egress.Rtp);
    }

    [Fact]
    public void OnRtp_UnknownOrMalformedPacket_IsDropped()
    {
        var call = new Call(MediaKind.Audio);
        var (_, _, egress) = call.Join();

        call.Send(1, ssrc: 99, payloadType: 50);
        Assert.Equal(ReceivedMedia.Unknown, call.Publisher.OnRtp(call.Now, new byte[5]));
        call.Send(1, ssrc: 99, mid: "other", payloadType: 51);

        Assert.Empty(egress.Rtp);
        Assert.Equal(2, call.UnknownPackets);
    }

    /// <summary>Receivers would take it for the codec of the track. ULPFEC, for example, has the SSRC of its stream.</summary>
    [Fact]
    public void OnRtp_PayloadTypeThatWasNotAgreed_IsNotForwarded()
    {
        var call = new Call();
        var (_, _, egress) = call.Join();
        call.Send(7, 90_000, key: true);

        call.Publisher.OnRtp(call.Now, Call.Packet(8, 93_000, false, Call.Ssrc, 98, 8, "v", null, null));
        call.Send(9, 93_000);

        Assert.Equal([100, 102], egress.Sequences.Select(s => (int)s));
    }

    /// <summary>A receiver plays nothing that it was not offered, also when it asks for what is missing.</summary>
    [Theory]
    [InlineData(MediaKind.Video)]
    [InlineData(MediaKind.Audio)]
    public void OnRtp_PayloadTypeThatWasNotAgreed_CannotBeRequested(MediaKind kind)
    {
        var call = new Call(kind);
        var (subscriber, _, egress) = call.Join();
        call.Send(7, 90_000, key: true);
        call.Send(8, 93_000, payloadType: 98);
        call.Send(10, 93_000);
        call.Send(9, 93_000, payloadType: 98); // its number is missing already
        call.Send(11, 96_000, payloadType: 98);
        call.Send(12, 96_000);
        Assert.Equal([100, 103, 105], egress.Sequences.Select(s => (int)s));
        var sent = egress.Rtp.ToArray();

        for (ushort missing = 95; missing < 110; missing++)
        {
            subscriber.OnRtcp(call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddNack(9, 5000, [missing])));
            call.Advance(200);
        }

        Assert.DoesNotContain(egress.Rtp.Skip(sent.Length), p => RecordingEgress.Payload(p) is [.., _, var low, 0, 0] && low is 8 or 9 or 11);
        Assert.Equal(kind == MediaKind.Video ? 3 : 0, egress.Rtp.Count - sent.Length);
    }

    /// <summary>A key frame of another codec is none of this one: receivers go on asking for it.</summary>
    [Fact]
    public void OnRtp_KeyFrameOfPayloadTypeThatWasNotAgreed_IsNoKeyFrame()
    {
        var call = new Call();
        call.Join();
        call.Advance(20);
        call.Send(7, 90_000, key: true, payloadType: 98);
        var requests = call.Upstream.PictureLossIndications;
        call.Advance(2_000);

        Assert.True(call.Upstream.PictureLossIndications > requests);
    }

    /// <summary>What arrives while a camera is muted, such as a packet that was delayed, is never sent: neither meanwhile nor afterwards.</summary>
    [Fact]
    public void OnRtp_PacketWhileMuted_CannotBeRequested()
    {
        var call = new Call();
        var (subscriber, _, egress) = call.Join();
        call.Send(7, 90_000, key: true);
        call.Send(9, 96_000);
        call.Track.SetMuted(true);
        call.Send(8, 93_000);
        subscriber.OnRtcp(call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddNack(9, 5000, [101])));
        Assert.Equal(2, egress.Rtp.Count);

        call.Track.SetMuted(false);
        call.Send(20, 190_000, key: true);
        subscriber.OnRtcp(call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddNack(9, 5000, [101])));

        Assert.Equal(3, egress.Rtp.Count);
    }

    [Fact]
    public void Renegotiate_NewSsrc_ContinuesStream()
    {
        var call = new Call(MediaKind.Audio);
        var (_, _, egress) = call.Join();
        call.Send(500, timestamp: 1_000_000);
        call.Advance(1000);

        call.Publisher.Renegotiate(call.Track, call.Track.Options with { Layers = Call.OneLayer(2000, Call.RtxSsrc) });
        call.Send(9, timestamp: 5, ssrc: 2000);

        Assert.Equal([100, 101], egress.Sequences.Select(s => (int)s));
        Assert.Equal(48_000u, egress.Headers.Last().Timestamp - egress.Headers.First().Timestamp);
    }

    [Fact]
    public void Close_UpTrack_SendsGoodbyeAndStops()
    {
        var call = new Call(MediaKind.Audio);
        var (subscriber, down, egress) = call.Join();
        call.Send(1);

        call.Publisher.Remove(call.Track);
        call.Track.Close();
        call.Send(2);

        Assert.Single(egress.Rtp);
        Assert.Equal(1, egress.CountFeedback((type, _) => type == Rtp.Rtcp.RtcpPacketType.Goodbye));
        Assert.Null(down.Source);
        subscriber.Close();
    }

    [Fact]
    public void Close_Subscriber_OtherSubscribersContinue()
    {
        var call = new Call(MediaKind.Audio);
        var leaving = call.Join(5000);
        var staying = call.Join(6000);

        leaving.Subscriber.Close();
        call.Send(1);

        Assert.Empty(leaving.Egress.Rtp);
        Assert.Single(staying.Egress.Rtp);
        Assert.Single(call.Track.DownTracks);
    }
}
