using System.Buffers.Binary;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>
/// The two extended report blocks (RFC 3611) with which a receiver that sends no media measures the round trip. The receiver sends a
/// reference time (§4.4); the peer returns it with the delay since it arrived (§4.5).
/// </summary>
public static class ExtendedReport
{
    internal const byte ReferenceTimeBlock = 4;
    internal const byte DelayBlock = 5;
    internal const int BlockHeaderLength = 4;
    internal const int ReferenceTimeBlockLength = BlockHeaderLength + 8;
    internal const int DelayEntryLength = 12;

    /// <summary>Reads a reference time: the SSRC of its sender, and the middle 32 bits of its NTP time. False when the packet has none.</summary>
    public static bool TryReadReferenceTime(scoped in RtcpPacket packet, out uint ssrc, out uint middle)
    {
        (ssrc, middle) = (0, 0);
        if (packet.Type != RtcpPacketType.ExtendedReport || packet.Body.Length < 4)
        {
            return false;
        }

        var rest = packet.Body[4..];
        while (TryTakeBlock(ref rest, out var block))
        {
            if (block[0] == ReferenceTimeBlock && block.Length == ReferenceTimeBlockLength)
            {
                ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet.Body);
                middle = NtpTime.Middle(BinaryPrimitives.ReadUInt64BigEndian(block[BlockHeaderLength..]));
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Reads the DLRR entry for <paramref name="ssrc"/>: the middle 32 bits of the NTP time of its reference time, and the delay since then in
    /// 1/65536 s. False when the packet has no entry for it.
    /// </summary>
    public static bool TryReadDelay(scoped in RtcpPacket packet, uint ssrc, out uint referenceMiddle, out uint delay)
    {
        (referenceMiddle, delay) = (0, 0);
        if (packet.Type != RtcpPacketType.ExtendedReport || packet.Body.Length < 4)
        {
            return false;
        }

        var rest = packet.Body[4..];
        while (TryTakeBlock(ref rest, out var block))
        {
            for (var at = BlockHeaderLength; block[0] == DelayBlock && at + DelayEntryLength <= block.Length; at += DelayEntryLength)
            {
                if (BinaryPrimitives.ReadUInt32BigEndian(block[at..]) == ssrc)
                {
                    referenceMiddle = BinaryPrimitives.ReadUInt32BigEndian(block[(at + 4)..]);
                    delay = BinaryPrimitives.ReadUInt32BigEndian(block[(at + 8)..]);
                    return referenceMiddle != 0;
                }
            }
        }

        return false;
    }

    private static bool TryTakeBlock(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> block)
    {
        block = [];
        if (rest.Length < BlockHeaderLength)
        {
            return false;
        }

        var length = BlockHeaderLength + (BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) * 4);
        if (length > rest.Length)
        {
            return false;
        }

        block = rest[..length];
        rest = rest[length..];
        return true;
    }
}
