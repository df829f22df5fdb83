using System.Buffers.Binary;

namespace MeetOperator.Rtc.Dtls;

/// <summary>
/// Checks the record headers of a datagram (RFC 6347 §4.1) before OpenSSL reads it. Some OpenSSL versions fail the whole association after a
/// protected record that is too short for its authentication tag. Anyone who knows the peer's address can send such a record.
/// </summary>
internal static class DtlsRecords
{
    private const int HeaderLength = 13;
    private const int GcmExpansion = 8 + 16; // RFC 5288 §3: explicit nonce and tag
    private const int ChaChaExpansion = 16; // RFC 7905 §2: the tag alone
    private const byte FirstContent = 20;
    private const byte LastContent = 23;

    /// <summary>Bytes that a cipher suite adds to a protected record. Pass 0 before the negotiation.</summary>
    internal static int GetExpansion(int cipherSuite) => cipherSuite is 0xCCA8 or 0xCCA9 ? ChaChaExpansion : GcmExpansion;

    /// <summary>
    /// Whether the datagram is empty or consists of complete records, and each protected record has at least <paramref name="expansion"/> bytes.
    /// </summary>
    internal static bool AreWellFormed(ReadOnlySpan<byte> datagram, int expansion)
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
