using System.Buffers.Binary;

namespace MeetOperator.Rtp.Packets;

/// <summary>
/// The header of an RTP packet (RFC 3550 §5.1). It holds offsets instead of spans, so it can be stored separately from the
/// buffer. The parser reads only the header, so it also works for SRTP packets.
/// </summary>
public readonly struct RtpHeader
{
    /// <summary>Length of the fixed part, without CSRCs and extensions.</summary>
    public const int FixedLength = 12;

    public bool Marker { get; init; }

    /// <summary>The padding bit. The last byte of the packet holds the padding length; see <see cref="RtpPacket"/>.</summary>
    public bool HasPadding { get; init; }

    public byte PayloadType { get; init; }

    public ushort SequenceNumber { get; init; }

    public uint Timestamp { get; init; }

    public uint Ssrc { get; init; }

    public byte CsrcCount { get; init; }

    /// <summary>The "defined by profile" value: 0xBEDE for one-byte, 0x1000–0x100F for two-byte elements; 0 without an extension.</summary>
    public ushort ExtensionProfile { get; init; }

    /// <summary>Offset of the first extension element, after the four bytes of profile and length; 0 without an extension.</summary>
    public int ExtensionOffset { get; init; }

    /// <summary>Length of the extension elements in bytes, excluding the four bytes of profile and length.</summary>
    public int ExtensionLength { get; init; }

    /// <summary>Offset of the payload in bytes.</summary>
    public int Length { get; init; }

    /// <summary>The header extension elements of the packet that this header was parsed from.</summary>
    public HeaderExtensionEnumerator ExtensionsIn(ReadOnlySpan<byte> packet) => new(packet, this);

    /// <summary>Parses the header. False when the version is not 2 or the packet is shorter than its header.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out RtpHeader header)
    {
        header = default;
        if (packet.Length < FixedLength || packet[0] >> 6 != 2)
        {
            return false;
        }

        var first = packet[0];
        var csrcCount = (byte)(first & 0x0F);
        var length = FixedLength + (csrcCount * 4);
        ushort profile = 0;
        var extensionOffset = 0;
        var extensionLength = 0;
        if ((first & 0x10) != 0)
        {
            if (packet.Length < length + 4)
            {
                return false;
            }

            profile = BinaryPrimitives.ReadUInt16BigEndian(packet[length..]);
            extensionLength = BinaryPrimitives.ReadUInt16BigEndian(packet[(length + 2)..]) * 4;
            extensionOffset = length + 4;
            length = extensionOffset + extensionLength;
        }

        if (packet.Length < length)
        {
            return false;
        }

        header = new RtpHeader
        {
            Marker = (packet[1] & 0x80) != 0,
            HasPadding = (first & 0x20) != 0,
            PayloadType = (byte)(packet[1] & 0x7F),
            SequenceNumber = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]),
            Timestamp = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]),
            Ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[8..]),
            CsrcCount = csrcCount,
            ExtensionProfile = profile,
            ExtensionOffset = extensionOffset,
            ExtensionLength = extensionLength,
            Length = length,
        };
        return true;
    }

    /// <summary>Writes the fixed part without CSRCs. Returns <see cref="FixedLength"/>.</summary>
    public int WriteFixed(Span<byte> destination, bool withExtension)
    {
        destination[0] = (byte)(0x80 | (withExtension ? 0x10 : 0));
        destination[1] = (byte)((Marker ? 0x80 : 0) | (PayloadType & 0x7F));
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], SequenceNumber);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], Ssrc);
        return FixedLength;
    }
}
