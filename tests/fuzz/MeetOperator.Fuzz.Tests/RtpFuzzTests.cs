using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Retransmission;

namespace MeetOperator.Fuzz.Tests;

public sealed class RtpFuzzTests
{
    [Fact]
    public void Packet_AnyBytes_PartsAreWithinBounds() => FuzzLoop.Run("rtp", input =>
    {
        PacketClassifier.Classify(input);
        if (!RtpPacket.TryParse(input, out var packet))
        {
            return;
        }

        Assert.Equal(input.Length, packet.Header.Length + packet.Payload.Length + packet.PaddingLength);
        foreach (var element in packet.Extensions)
        {
            Assert.InRange(element.Offset, packet.Header.ExtensionOffset, packet.Header.Length);
            Assert.InRange(element.Offset + element.Length, element.Offset, packet.Header.Length);
        }
    });

    [Fact]
    public void Rewriter_AnyPacket_WritesAParsablePacket()
    {
        var map = HeaderExtensionMap.Empty;
        var kinds = Enum.GetValues<HeaderExtensionKind>();
        for (byte id = 1; id < kinds.Length; id++)
        {
            map = map.With(kinds[id], id);
        }

        var destination = new byte[RtpHeaderRewriter.MaxLength];
        var target = new RtpHeader { PayloadType = 100, SequenceNumber = 7, Timestamp = 8, Ssrc = 9 };
        FuzzLoop.Run("rtp", input =>
        {
            if (!RtpHeader.TryParse(input, out var header))
            {
                return;
            }

            var rewrite = new HeaderExtensionRewrite { From = map, To = map, Mid = "0"u8, AllowTwoByte = (input[^1] & 1) != 0 };
            var length = RtpHeaderRewriter.Write(input, header, target, rewrite, destination);
            Assert.True(RtpPacket.TryParse(destination.AsSpan(0, length), out var written));
            Assert.Equal(length, written.Header.Length);
            Assert.Equal(header.CsrcCount, written.Header.CsrcCount);
            Assert.Equal(9u, written.Header.Ssrc);
        });
    }

    [Fact]
    public void Retransmission_AnyBytes_IsRestoredOrRejected() => FuzzLoop.Run("rtp", input =>
    {
        if (RtxPacket.TryRestore(input.ToArray(), 96, 3, out var original))
        {
            Assert.True(RtpPacket.TryParse(original, out var packet));
            Assert.Equal(3u, packet.Header.Ssrc);
        }
    });
}
