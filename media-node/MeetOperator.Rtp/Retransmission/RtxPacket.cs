using System.Buffers.Binary;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Rtp.Retransmission;

/// <summary>The retransmission payload format (RFC 4588 §4): the original sequence number, then the original payload.</summary>
public static class RtxPacket
{
    public const int OriginalSequenceNumberLength = 2;

    /// <summary>Writes the payload of a retransmission. Returns its length in bytes, or 0 when it does not fit.</summary>
    public static int WritePayload(ushort originalSequenceNumber, ReadOnlySpan<byte> originalPayload, Span<byte> destination)
    {
        var length = OriginalSequenceNumberLength + originalPayload.Length;
        if (destination.Length < length)
        {
            return 0;
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination, originalSequenceNumber);
        originalPayload.CopyTo(destination[OriginalSequenceNumberLength..]);
        return length;
    }

    /// <summary>
    /// Restores the original packet from a retransmission in place: the header moves over the original sequence number, so the
    /// original starts <see cref="OriginalSequenceNumberLength"/> bytes into the buffer. False when the payload is too short for
    /// a sequence number, as in the padding packets with which browsers probe the path.
    /// </summary>
    public static bool TryRestore(Span<byte> packet, byte payloadType, uint ssrc, out Span<byte> original)
    {
        original = default;
        if (!RtpPacket.TryParse(packet, out var rtx) || rtx.Payload.Length < OriginalSequenceNumberLength)
        {
            return false;
        }

        var headerLength = rtx.Header.Length;
        var sequenceNumber = BinaryPrimitives.ReadUInt16BigEndian(rtx.Payload);
        packet[..headerLength].CopyTo(packet[OriginalSequenceNumberLength..]);
        original = packet[OriginalSequenceNumberLength..];
        original[1] = (byte)((original[1] & 0x80) | (payloadType & 0x7F));
        BinaryPrimitives.WriteUInt16BigEndian(original[2..], sequenceNumber);
        BinaryPrimitives.WriteUInt32BigEndian(original[8..], ssrc);
        return true;
    }
}
