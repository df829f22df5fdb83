using System.Buffers.Binary;

namespace MeetOperator.Rtc.Dtls;

/// <summary>
/// The flight of handshake records sent last, cut into datagrams. It is kept so that it can be sent again as it is:
/// the peer takes the records that it has not seen (RFC 6347 §4.1.2.6) and drops the others.
/// </summary>
internal sealed class DtlsFlight(int mtuBytes)
{
    private const int RecordHeaderLength = 13;

    private byte[] bytes = [];
    private int length;
    private int position;

    public bool IsEmpty => length == 0;

    /// <summary>Replaces the flight; the buffer is handed over.</summary>
    public void Replace(byte[] records, int count)
    {
        bytes = records;
        length = count;
        position = 0;
    }

    /// <summary>Starts over from the first record.</summary>
    public void Rewind() => position = 0;

    public void Clear() => Replace([], 0);

    /// <summary>Copies as many whole records as fit in a datagram.</summary>
    public bool TryTake(Span<byte> buffer, out int written)
    {
        written = 0;
        var limit = Math.Min(mtuBytes, buffer.Length);
        while (length - position >= RecordHeaderLength)
        {
            var record = RecordHeaderLength + BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(position + 11));
            if (position + record > length || record > buffer.Length)
            {
                position = length; // not ours to send; cannot happen with records of OpenSSL under this MTU
                break;
            }

            if (written > 0 && written + record > limit)
            {
                break;
            }

            bytes.AsSpan(position, record).CopyTo(buffer[written..]);
            written += record;
            position += record;
        }

        return written > 0;
    }
}
