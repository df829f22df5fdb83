using System.Buffers.Binary;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>
/// The two blocks of extended reports (RFC 3611) by which a receiver that sends no media measures the round trip: it sends a reference time
/// (§4.4), the peer names it again with the delay since (§4.5).
/// </summary>
public static class ExtendedReport
{
    internal const int ReferenceTimeBodyLength = 4 + 4 + 8;
    internal const byte ReferenceTimeBlock = 4;
    private const byte DelayBlock = 5;
    private const int BlockHeaderLength = 4;
    private const int DelayEntryLength = 12;

    /// <summary>
    /// What the packet says of the reference time that <paramref name="ssrc"/> sent: the middle 32 bits of its NTP time, and the delay since in
    /// 1/65536 s. False when it says nothing of it.
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
