using System.Buffers.Binary;

namespace MeetOperator.Rtc.Stun;

/// <summary>Reads the USERNAME of a STUN request before anything about its sender is known.</summary>
public static class StunUsername
{
    private const ushort UsernameAttribute = 0x0006;

    /// <summary>
    /// The receiver's user name fragment: what stands before the colon of USERNAME (RFC 8445 §7.2.2). Nothing is verified.
    /// </summary>
    public static bool TryReadLocalUfrag(ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> ufrag)
    {
        ufrag = default;
        if (datagram.Length < 20)
        {
            return false;
        }

        var position = 20;
        while (position + 4 <= datagram.Length)
        {
            var type = BinaryPrimitives.ReadUInt16BigEndian(datagram[position..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(datagram[(position + 2)..]);
            if (position + 4 + length > datagram.Length)
            {
                return false;
            }

            if (type == UsernameAttribute)
            {
                var value = datagram.Slice(position + 4, length);
                var colon = value.IndexOf((byte)':');
                if (colon <= 0)
                {
                    return false;
                }

                ufrag = value[..colon];
                return true;
            }

            position += 4 + ((length + 3) & ~3);
        }

        return false;
    }
}
