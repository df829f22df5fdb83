using System.Buffers.Binary;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Rtp.Tests.Rtcp;

/// <summary>Reads the canonical names of an SDES packet (RFC 3550 §6.5).</summary>
internal static class SourceDescription
{
    private const byte EndOfItems = 0;
    private const byte CanonicalName = 1;

    /// <summary>Finds the first chunk with a CNAME. False when there is none or the packet is malformed.</summary>
    public static bool TryReadCanonicalName(scoped in RtcpPacket packet, out uint ssrc, out ReadOnlySpan<byte> name)
    {
        ssrc = 0;
        name = default;
        if (packet.Type != RtcpPacketType.SourceDescription)
        {
            return false;
        }

        var body = packet.Body;
        var position = 0;
        for (var chunk = 0; chunk < packet.CountOrFormat; chunk++)
        {
            if (position + 4 > body.Length)
            {
                return false;
            }

            ssrc = BinaryPrimitives.ReadUInt32BigEndian(body[position..]);
            position += 4;
            while (position < body.Length && body[position] != EndOfItems)
            {
                if (position + 2 > body.Length || position + 2 + body[position + 1] > body.Length)
                {
                    return false;
                }

                var value = body.Slice(position + 2, body[position + 1]);
                if (body[position] == CanonicalName)
                {
                    name = value;
                    return true;
                }

                position += 2 + value.Length;
            }

            position = (position + 4) & ~3; // at least one null byte ends the items; the next chunk starts at a 32-bit boundary
        }

        return false;
    }
}
