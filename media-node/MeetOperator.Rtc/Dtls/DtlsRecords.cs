using System.Buffers.Binary;

namespace MeetOperator.Rtc.Dtls;

/// <summary>
/// Looks at a datagram's record headers (RFC 6347 §4.1) before OpenSSL does: some of its versions give up the whole association over a protected record that is too
/// short to hold its authentication tag, which anybody can send who knows the peer's address.
/// </summary>
internal static class DtlsRecords
{
    private const int HeaderLength = 13;
    private const int GcmExpansion = 8 + 16; // RFC 5288 §3: explicit nonce and tag
    private const int ChaChaExpansion = 16; // RFC 7905 §2: the tag alone
    private const byte FirstContent = 20;
    private const byte LastContent = 23;

    /// <summary>How many bytes protection adds to a record under a cipher suite; 0 means that none is negotiated yet.</summary>
    internal static int ExpansionOf(int cipherSuite) => cipherSuite is 0xCCA8 or 0xCCA9 ? ChaChaExpansion : GcmExpansion;

    /// <summary>True for no byte at all, and for records one after the other to the last byte, of which the protected ones have at least <paramref name="expansion"/> bytes.</summary>
    internal static bool AreWhole(ReadOnlySpan<byte> datagram, int expansion)
    {
        while (!datagram.IsEmpty)
        {
            if (datagram.Length < HeaderLength || datagram[0] is < FirstContent or > LastContent || datagram[1] != 0xFE)
            {
                return false;
            }

            var isProtected = BinaryPrimitives.ReadUInt16BigEndian(datagram[3..]) > 0;
            var length = BinaryPrimitives.ReadUInt16BigEndian(datagram[11..]);
            if (length > datagram.Length - HeaderLength || (isProtected && length < expansion))
            {
                return false;
            }

            datagram = datagram[(HeaderLength + length)..];
        }

        return true;
    }
}
