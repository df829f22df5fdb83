using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Retransmission;
using MeetOperator.Testing;

namespace MeetOperator.Rtp.Tests.Retransmission;

public sealed class RtxPacketTests
{
    [Fact]
    public void TryRestore_WrittenPayload_ReturnsOriginal()
    {
        var original = Hex.Bytes("90 e0 1234 00000002 00000003 bede 0001 10aa 0000 0102030405");
        Assert.True(RtpPacket.TryParse(original, out var packet));
        var payload = new byte[100];
        var length = RtxPacket.WritePayload(0x1234, packet.Payload, payload);
        var rtx = Hex.Bytes("90 e1 0007 00000002 00000009 bede 0001 10aa 0000").Concat(payload[..length]).ToArray();

        Assert.True(RtxPacket.TryRestore(rtx, payloadType: 96, ssrc: 3, out var restored));

        Assert.Equal(original, restored.ToArray());
    }

    [Fact]
    public void TryRestore_PaddingOnly_ReturnsFalse() =>
        Assert.False(RtxPacket.TryRestore(Hex.Bytes("a0 61 0007 00000002 00000009 00 00 00 04"), 96, 3, out _));

    [Theory]
    [InlineData("80 61 0007 00000002 00000009 01")]
    [InlineData("80 61 0007")]
    public void TryRestore_TooShort_ReturnsFalse(string hex) => Assert.False(RtxPacket.TryRestore(Hex.Bytes(hex), 96, 3, out _));

    [Fact]
    public void WritePayload_NoRoom_WritesNothing() => Assert.Equal(0, RtxPacket.WritePayload(1, new byte[10], new byte[11]));
}
