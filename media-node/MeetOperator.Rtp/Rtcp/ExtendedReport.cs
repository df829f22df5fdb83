using System.Buffers.Binary;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>
/// The two extended report blocks (RFC 3611) with which a receiver that sends no media measures the round trip. The receiver sends a
/// reference time (§4.4); the peer returns it with the delay since it arrived (§4.5).
/// </summary>
public static class ExtendedReport
{
    internal const int ReferenceTimeBodyLength = 4 + 4 + 8;
    internal const byte ReferenceTimeBlock = 4;
    private const byte DelayBlock = 5;
    private const int BlockHeaderLength = 4;
    private const int DelayEntryLength = 12;

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
        while (rest.Length >= BlockHeaderLength)
        {
            var length = BlockHeaderLength + (BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) * 4);
            if (length > rest.Length)
            {
                return false;
            }

            for (var at = BlockHeaderLength; rest[0] == DelayBlock && at + DelayEntryLength <= length; at += DelayEntryLength)
            {
                if (BinaryPrimitives.ReadUInt32BigEndian(rest[at..]) == ssrc)
                {
                    referenceMiddle = BinaryPrimitives.ReadUInt32BigEndian(rest[(at + 4)..]);
                    delay = BinaryPrimitives.ReadUInt32BigEndian(rest[(at + 8)..]);
                    return referenceMiddle != 0;
                }
            }

            rest = rest[length..];
        }

        return false;
    }
}
