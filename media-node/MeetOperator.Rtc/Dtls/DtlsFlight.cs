using System.Buffers.Binary;

namespace MeetOperator.Rtc.Dtls;

/// <summary>
/// The last flight of handshake records, split into datagrams and stored for retransmission. A retransmitted record needs a
/// new sequence number (RFC 6347 §4.2.4); otherwise the peer treats it as a replay, even when it discarded the first copy, such as
/// an early ChangeCipherSpec. Records of epoch 0 are not authenticated, so this class can renumber them. Records of later epochs,
/// which hold the Finished message, are sent again unchanged.
/// </summary>
internal sealed class DtlsFlight(int mtuBytes)
{
    private const int RecordHeaderLength = 13;

    private byte[] bytes = [];
    private int length;
    private int position;
    private ulong nextSequenceNumber;

    public bool IsEmpty => length == 0;

    /// <summary>Whether all records of the flight were taken.</summary>
    public bool IsSent => position == length;

    /// <summary>Replaces the flight. Takes ownership of the buffer.</summary>
    public void Replace(byte[] records, int count)
    {
        bytes = records;
        length = count;
        position = 0;
    }

    /// <summary>Restarts the flight from the first record.</summary>
    public void Rewind() => position = 0;

    public void Clear() => Replace([], 0);

    /// <summary>Copies as many complete records as fit in a datagram. A record that does not fit stays for a larger buffer.</summary>
    public bool TryTake(Span<byte> buffer, out int written)
    {
        written = 0;
        var limit = Math.Min(mtuBytes, buffer.Length);
        while (length - position >= RecordHeaderLength)
        {
            var record = RecordHeaderLength + BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(position + 11));
            if (position + record > length)
            {
                position = length; // an incomplete record, which OpenSSL does not produce
                break;
            }

            if (written + record > (written > 0 ? limit : buffer.Length))
            {
                break;
            }

            bytes.AsSpan(position, record).CopyTo(buffer[written..]);
            AssignSequenceNumber(buffer[written..]);
            written += record;
            position += record;
        }

        return written > 0;
    }

    /// <summary>Sets the sequence number of a record of epoch 0. The header has type (1), version (2), epoch (2), sequence number (6) and length (2).</summary>
    private void AssignSequenceNumber(Span<byte> record)
    {
        if (BinaryPrimitives.ReadUInt16BigEndian(record[3..]) == 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(record[3..], nextSequenceNumber++); // the high 16 bits are the epoch, 0
        }
    }
}
