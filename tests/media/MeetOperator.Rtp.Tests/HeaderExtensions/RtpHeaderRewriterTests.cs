using System.Text;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Testing;

namespace MeetOperator.Rtp.Tests.HeaderExtensions;

public sealed class RtpHeaderRewriterTests
{
    private static readonly HeaderExtensionMap From = HeaderExtensionMap.Empty
        .With(HeaderExtensionKind.Mid, 1)
        .With(HeaderExtensionKind.AudioLevel, 2)
        .With(HeaderExtensionKind.AbsoluteSendTime, 3)
        .With(HeaderExtensionKind.DependencyDescriptor, 4)
        .With(HeaderExtensionKind.RtpStreamId, 5);

    private static readonly HeaderExtensionMap To = HeaderExtensionMap.Empty
        .With(HeaderExtensionKind.Mid, 9)
        .With(HeaderExtensionKind.AudioLevel, 8)
        .With(HeaderExtensionKind.AbsoluteSendTime, 7)
        .With(HeaderExtensionKind.TransportSequenceNumber, 6)
        .With(HeaderExtensionKind.DependencyDescriptor, 10)
        .With(HeaderExtensionKind.RtpStreamId, 11);

    private static readonly RtpHeader Target = new() { PayloadType = 111, Marker = true, SequenceNumber = 77, Timestamp = 88, Ssrc = 99 };

    [Fact]
    public void Write_PublisherToSubscriber_TranslatesIdsAndValues()
    {
        var elements = Rewrite(Packet(5), To, mid: "v12", allowTwoByte: false, out var header);

        Assert.Equal("v12", Encoding.ASCII.GetString(elements[9]));
        Assert.Equal([0x85], elements[8]);
        Assert.Equal([0x12, 0x34, 0x56], elements[7]);
        Assert.Equal([0xBE, 0xEF], elements[6]);
        Assert.Equal(5, elements[10].Length);
        Assert.False(elements.ContainsKey(11)); // the subscriber receives one stream, so the RID is not forwarded
        Assert.Equal(111, header.PayloadType);
        Assert.True(header.Marker);
        Assert.Equal(77, header.SequenceNumber);
        Assert.Equal(88u, header.Timestamp);
        Assert.Equal(99u, header.Ssrc);
        Assert.Equal(1, header.CsrcCount);
        Assert.Equal(0xBEDE, header.ExtensionProfile);
    }

    [Fact]
    public void Write_ReceiverWithoutExtensions_WritesNone()
    {
        var elements = Rewrite(Packet(5), HeaderExtensionMap.Empty, mid: "v12", allowTwoByte: true, out var header);

        Assert.Empty(elements);
        Assert.Equal(0, header.ExtensionOffset);
        Assert.Equal(16, header.Length);
    }

    [Fact]
    public void Write_LongElement_RequiresTwoByteForm()
    {
        var allowed = Rewrite(Packet(40), To, mid: "1", allowTwoByte: true, out var header);
        Assert.Equal(40, allowed[10].Length);
        Assert.Equal(0x1000, header.ExtensionProfile);

        var oneByte = Rewrite(Packet(40), To, mid: "1", allowTwoByte: false, out header);
        Assert.False(oneByte.ContainsKey(10));
        Assert.Equal(0xBEDE, header.ExtensionProfile);
        Assert.Equal([0x85], oneByte[8]);
    }

    [Fact]
    public void Write_NoRoomForExtensions_OmitsExtensions()
    {
        var packet = Packet(5);
        Assert.True(RtpHeader.TryParse(packet, out var source));
        var destination = new byte[16];

        var length = RtpHeaderRewriter.Write(packet, source, Target, new HeaderExtensionRewrite { From = From, To = To, Mid = "1"u8 }, destination);

        Assert.Equal(16, length);
        Assert.True(RtpHeader.TryParse(destination, out var written));
        Assert.Equal(0, written.ExtensionOffset);
    }

    [Fact]
    public void Write_ManyPackets_AllocatesNothing()
    {
        var packet = Packet(5);
        Assert.True(RtpHeader.TryParse(packet, out var source));
        var destination = new byte[RtpHeaderRewriter.MaxLength];
        RtpHeaderRewriter.Write(packet, source, Target, new HeaderExtensionRewrite { From = From, To = To, Mid = "1"u8 }, destination);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            RtpHeaderRewriter.Write(packet, source, Target, new HeaderExtensionRewrite { From = From, To = To, Mid = "1"u8 }, destination);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Map_ReboundKind_FreesOldId()
    {
        var map = HeaderExtensionMap.Empty.With(HeaderExtensionKind.Mid, 3).With(HeaderExtensionKind.Mid, 4);

        Assert.Equal(4, map.IdOf(HeaderExtensionKind.Mid));
        Assert.Equal(HeaderExtensionKind.Unknown, map.KindOf(3));
        Assert.Equal(HeaderExtensionKind.Mid, map.KindOf(4));
        Assert.Equal(0, map.IdOf(HeaderExtensionKind.PlayoutDelay));
    }

    [Theory]
    [InlineData("urn:ietf:params:rtp-hdrext:sdes:mid", HeaderExtensionKind.Mid)]
    [InlineData("http://www.webrtc.org/experiments/rtp-hdrext/playout-delay", HeaderExtensionKind.PlayoutDelay)]
    [InlineData("urn:example:unknown", HeaderExtensionKind.Unknown)]
    [InlineData("", HeaderExtensionKind.Unknown)]
    public void KindOf_Uri_ReturnsKind(string uri, HeaderExtensionKind kind) => Assert.Equal(kind, HeaderExtensionUris.KindOf(uri));

    /// <summary>A publisher's packet with one CSRC and the extensions MID, audio level, send time, a descriptor of the given length, and RID.</summary>
    private static byte[] Packet(int descriptorLength)
    {
        var block = new byte[256];
        var twoByte = descriptorLength > 16;
        var writer = new HeaderExtensionWriter(block, twoByte);
        "0"u8.CopyTo(writer.Add(1, 1));
        writer.Add(2, 1)[0] = 0x85;
        writer.Add(3, 3).Clear();
        writer.Add(4, descriptorLength).Fill(0xDD);
        "h"u8.CopyTo(writer.Add(5, 1));
        var length = writer.Finish();
        return [.. Hex.Bytes("91 60 0001 00000002 00000003 0000000a"), .. block[..length], 1, 2, 3];
    }

    private static Dictionary<byte, byte[]> Rewrite(byte[] packet, HeaderExtensionMap to, string mid, bool allowTwoByte, out RtpHeader header)
    {
        Assert.True(RtpHeader.TryParse(packet, out var source));
        var destination = new byte[RtpHeaderRewriter.MaxLength];
        var rewrite = new HeaderExtensionRewrite
        {
            From = From,
            To = to,
            Mid = Encoding.ASCII.GetBytes(mid),
            AbsoluteSendTime = 0x123456,
            TransportSequenceNumber = 0xBEEF,
            AllowTwoByte = allowTwoByte,
        };
        var length = RtpHeaderRewriter.Write(packet, source, Target, rewrite, destination);
        Assert.True(RtpPacket.TryParse(destination.AsSpan(0, length), out var written));
        header = written.Header;
        Assert.Equal(length, header.Length);
        var elements = new Dictionary<byte, byte[]>();
        foreach (var element in written.Extensions)
        {
            elements.Add(element.Id, destination.AsSpan(element.Offset, element.Length).ToArray());
        }

        return elements;
    }
}
