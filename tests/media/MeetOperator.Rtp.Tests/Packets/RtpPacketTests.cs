using MeetOperator.Rtp.Packets;
using MeetOperator.Testing;

namespace MeetOperator.Rtp.Tests.Packets;

public sealed class RtpPacketTests
{
    [Fact]
    public void TryParse_PlainPacket_ReadsEveryField()
    {
        Assert.True(RtpPacket.TryParse(Hex.Bytes("80 e0 1234 89abcdef 11223344 aabbcc"), out var packet));

        Assert.True(packet.Header.Marker);
        Assert.Equal(96, packet.Header.PayloadType);
        Assert.Equal(0x1234, packet.Header.SequenceNumber);
        Assert.Equal(0x89abcdefu, packet.Header.Timestamp);
        Assert.Equal(0x11223344u, packet.Header.Ssrc);
        Assert.Equal(12, packet.Header.Length);
        Assert.Equal(Hex.Bytes("aabbcc"), packet.Payload.ToArray());
        Assert.Empty(List(packet));
    }

    [Fact]
    public void TryParse_CsrcsExtensionAndPadding_ReturnsPayload()
    {
        Assert.True(RtpPacket.TryParse(
            Hex.Bytes("b2 60 0001 00000002 00000003 0000000a 0000000b bede 0002 10aa 2201 02 03 0000 c0ffee 000003"), out var packet));

        Assert.Equal(2, packet.Header.CsrcCount);
        Assert.Equal(3, packet.PaddingLength);
        Assert.Equal(Hex.Bytes("c0ffee"), packet.Payload.ToArray());
        Assert.Equal(["1:AA", "2:010203"], List(packet));
    }

    [Fact]
    public void Extensions_TwoByteForm_AllowsEmptyAndLongValues()
    {
        var value = new byte[20];
        byte[] data = [.. Hex.Bytes("90 60 0001 00000002 00000003 1000 0007 0500 00 1014"), .. value, .. Hex.Bytes("00 00 00 aa")];
        Assert.True(RtpPacket.TryParse(data, out var packet));

        Assert.Equal(["5:", $"16:{Convert.ToHexString(value)}"], List(packet));
    }

    [Fact]
    public void Extensions_Id15_EndsEnumeration()
    {
        Assert.True(RtpPacket.TryParse(Hex.Bytes("90 60 0001 00000002 00000003 bede 0002 10aa f0bb 20cc 0000"), out var packet));
        Assert.Equal(["1:AA"], List(packet));
    }

    [Fact]
    public void Extensions_Id0WithLength_IsSkipped()
    {
        Assert.True(RtpPacket.TryParse(Hex.Bytes("90 60 0001 00000002 00000003 bede 0002 01aabb 20cc 000000"), out var packet));
        Assert.Equal(["2:CC"], List(packet));
    }

    [Fact]
    public void Extensions_ElementBeyondBlock_EndsEnumeration()
    {
        Assert.True(RtpPacket.TryParse(Hex.Bytes("90 60 0001 00000002 00000003 bede 0001 10aa 2fbb ffffffff"), out var packet));
        Assert.Equal(["1:AA"], List(packet));
    }

    [Fact]
    public void Extensions_UnknownProfile_AreEmpty()
    {
        Assert.True(RtpPacket.TryParse(Hex.Bytes("90 60 0001 00000002 00000003 abcd 0001 10aa 0000 ff"), out var packet));
        Assert.Empty(List(packet));
        Assert.Equal(1, packet.Payload.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("80 60 0001 00000002 000000")] // shorter than the fixed part
    [InlineData("40 60 0001 00000002 00000003")] // version 1
    [InlineData("81 60 0001 00000002 00000003")] // CSRC missing
    [InlineData("90 60 0001 00000002 00000003 bede")] // truncated extension header
    [InlineData("90 60 0001 00000002 00000003 bede 0001 10")] // truncated extension
    [InlineData("a0 60 0001 00000002 00000003 00")] // padding of zero
    [InlineData("a0 60 0001 00000002 00000003 02")] // more padding than payload
    [InlineData("a0 60 0001 00000002 00000003")] // padding bit without payload: the last byte belongs to the header
    public void TryParse_MalformedPacket_ReturnsFalse(string hex) => Assert.False(RtpPacket.TryParse(Hex.Bytes(hex), out _));

    [Fact]
    public void WriteFixed_ParsedHeader_RoundTrips()
    {
        var source = Hex.Bytes("80 e0 1234 89abcdef 11223344");
        Assert.True(RtpHeader.TryParse(source, out var header));
        var written = new byte[12];

        Assert.Equal(12, header.WriteFixed(written, withExtension: false));
        Assert.Equal(source, written);
    }

    private static List<string> List(RtpPacket packet)
    {
        var elements = new List<string>();
        foreach (var element in packet.Extensions)
        {
            elements.Add($"{element.Id}:{Convert.ToHexString(packet.Data.Slice(element.Offset, element.Length))}");
        }

        return elements;
    }
}
