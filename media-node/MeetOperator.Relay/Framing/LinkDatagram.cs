using System.Buffers.Binary;

namespace MeetOperator.Relay.Framing;

/// <summary>The header of link datagrams (docs/relay.md). A receiver tells them from STUN, DTLS and SRTP by the first byte.</summary>
public static class LinkDatagram
{
    /// <summary>Outside of the ranges of RFC 7983 §7, so no other protocol on the port uses it.</summary>
    public const byte FirstByte = 0xE5;

    /// <summary>Length of the header in bytes.</summary>
    public const int HeaderLength = 8;

    /// <summary>Reads the header. False when the datagram is none of a link, is too short, or has an unknown kind.</summary>
    public static bool TryRead(ReadOnlySpan<byte> datagram, out LinkHeader header)
    {
        header = default;
        if (datagram.Length < HeaderLength || datagram[0] != FirstByte || datagram[1] is < (byte)LinkDatagramKind.Hello or > (byte)LinkDatagramKind.Rtcp)
        {
            return false;
        }

        header = new LinkHeader((LinkDatagramKind)datagram[1], BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]), BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]));
        return true;
    }

    /// <summary>Writes the header to the first eight bytes of the destination.</summary>
    internal static void WriteHeader(Span<byte> destination, in LinkHeader header)
    {
        destination[0] = FirstByte;
        destination[1] = (byte)header.Kind;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], header.Number);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], header.Tag);
    }
}
