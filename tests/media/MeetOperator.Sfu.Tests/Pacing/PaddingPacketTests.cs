using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Retransmission;
using MeetOperator.Sfu.Pacing;

namespace MeetOperator.Sfu.Tests.Pacing;

public sealed class PaddingPacketTests
{
    [Theory]
    [InlineData(5)]
    [InlineData(20)]
    public void WriteHeader_AnyExtensionId_IsPacketWithoutPayload(byte id)
    {
        var header = new byte[32];
        var length = PaddingPacket.WriteHeader(header, 97, 4711, 90_000, 42, id, out var offset);
        (header[offset], header[offset + 1]) = (0x12, 0x34);
        byte[] packet = [.. header[..length], .. PaddingPacket.Payload];

        Assert.True(RtpPacket.TryParse(packet, out var parsed));
        Assert.Equal((97, 4711, 90_000u, 42u), (parsed.Header.PayloadType, parsed.Header.SequenceNumber, parsed.Header.Timestamp, parsed.Header.Ssrc));
        Assert.Equal(0, parsed.Payload.Length);
        var elements = new List<(byte Id, byte[] Value)>();
        foreach (var element in parsed.Extensions)
        {
            elements.Add((element.Id, packet[element.Offset..(element.Offset + element.Length)]));
        }

        Assert.Equal([0x12, 0x34], Assert.Single(elements, e => e.Id == id).Value);
        Assert.False(RtxPacket.TryRestore(packet, 96, 41, out _)); // a receiver takes it for no retransmission
    }
}
