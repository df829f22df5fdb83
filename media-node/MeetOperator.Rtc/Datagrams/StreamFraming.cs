using System.Buffers.Binary;

namespace MeetOperator.Rtc.Datagrams;

/// <summary>Packets on a TCP connection (RFC 4571, which ICE-TCP uses): each follows its length in two bytes. Pure.</summary>
public static class StreamFraming
{
    /// <summary>Bytes before each packet.</summary>
    public const int HeaderBytes = 2;

    /// <summary>The longest packet that the media node accepts: the same as for a UDP datagram.</summary>
    public const int MaximumPacketBytes = 2048;

    /// <summary>Reads the packet at the start of a stream. A packet of length 0 is valid and has no meaning.</summary>
    /// <param name="stream">The bytes that have arrived and were not read yet.</param>
    /// <param name="maximumBytes">The longest packet to accept.</param>
    /// <param name="packetBytes">The length of the packet, which begins after <see cref="HeaderBytes"/>; 0 unless it is complete.</param>
    public static FrameStatus Read(ReadOnlySpan<byte> stream, int maximumBytes, out int packetBytes)
    {
        packetBytes = 0;
        if (!BinaryPrimitives.TryReadUInt16BigEndian(stream, out var length))
        {
            return FrameStatus.Incomplete;
        }

        if (length > maximumBytes)
        {
            return FrameStatus.TooLong;
        }

        if (stream.Length < HeaderBytes + length)
        {
            return FrameStatus.Incomplete;
        }

        packetBytes = length;
        return FrameStatus.Complete;
    }

    /// <summary>Writes the length of a packet before it.</summary>
    public static void WriteHeader(Span<byte> header, int packetBytes) => BinaryPrimitives.WriteUInt16BigEndian(header, checked((ushort)packetBytes));
}
