using System.Buffers.Binary;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Sfu.Pacing;

/// <summary>An RTP packet with nothing but padding (RFC 3550 §5.1). It has no effect on the media.</summary>
internal static class PaddingPacket
{
    /// <summary>The maximum: one byte counts the padding.</summary>
    private const byte PaddingBytes = 255;

    /// <summary>The maximum length of the header in bytes.</summary>
    public const int MaxHeaderLength = 32;

    /// <summary>Zeros. The last byte is the number of padding bytes.</summary>
    private static readonly byte[] Zeros = [.. new byte[PaddingBytes - 1], PaddingBytes];

    public static ReadOnlySpan<byte> Payload => Zeros;

    /// <summary>One byte of padding, which counts itself.</summary>
    public static ReadOnlySpan<byte> Shortest => [1];

    /// <summary>Writes the header, with room for a transport-wide sequence number if it has an ID, and returns its length in bytes.</summary>
    /// <param name="destination">Receives the header; at least <see cref="MaxHeaderLength"/> bytes.</param>
    /// <param name="payloadType">The payload type of the stream.</param>
    /// <param name="sequence">The sequence number in that stream.</param>
    /// <param name="timestamp">The timestamp.</param>
    /// <param name="ssrc">The SSRC of the stream.</param>
    /// <param name="numberId">The extension ID of the transport-wide sequence number; 0 for none.</param>
    /// <param name="numberOffset">The offset of that number in the header; 0 for none.</param>
    public static int WriteHeader(Span<byte> destination, byte payloadType, ushort sequence, uint timestamp, uint ssrc, byte numberId, out int numberOffset)
    {
        destination[0] = (byte)(0x80 | 0x20 | (numberId > 0 ? 0x10 : 0)); // version 2, padding, extension
        destination[1] = payloadType;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], ssrc);
        numberOffset = 0;
        if (numberId == 0)
        {
            return RtpHeader.FixedLength;
        }

        var twoByte = HeaderExtensionWriter.NeedsTwoByte(numberId, 2);
        var writer = new HeaderExtensionWriter(destination[RtpHeader.FixedLength..], twoByte);
        writer.Add(numberId, 2).Clear();
        numberOffset = RtpHeader.FixedLength + 4 + (twoByte ? 2 : 1);
        return RtpHeader.FixedLength + writer.Finish();
    }
}
