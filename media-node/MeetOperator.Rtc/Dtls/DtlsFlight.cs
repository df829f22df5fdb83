using System.Buffers.Binary;

namespace MeetOperator.Rtc.Dtls;

/// <summary>
/// The flight of handshake records sent last, cut into datagrams, kept so that it can be sent again. A repeated record needs a
/// new sequence number (RFC 6347 §4.2.4), or the peer takes it for a replay even where it had to throw the first copy away, such as
/// a ChangeCipherSpec that came too early. Records of epoch 0 are not authenticated, so their numbers are ours to give;
/// those of later epochs, which is the Finished message, go out again as they are.
/// </summary>
internal sealed class DtlsFlight(int mtuBytes)
{
    private const int RecordHeaderLength = 13;

    private byte[] bytes = [];
    private int length;
    private int position;
    private ulong nextSequenceNumber;

    public bool IsEmpty => length == 0;

    /// <summary>Nothing of it waits to be taken.</summary>
    public bool IsTaken => position == length;

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

    /// <summary>Copies as many whole records as fit in a datagram; one that does not fit waits for a larger buffer.</summary>
    public bool TryTake(Span<byte> buffer, out int written)
    {
        written = 0;
        var limit = Math.Min(mtuBytes, buffer.Length);
        while (length - position >= RecordHeaderLength)
        {
            var record = RecordHeaderLength + BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(position + 11));
            if (position + record > length)
            {
                position = length; // not whole; cannot happen with records of OpenSSL
                break;
            }

            if (written + record > (written > 0 ? limit : buffer.Length))
            {
                break;
            }

            bytes.AsSpan(position, record).CopyTo(buffer[written..]);
            Number(buffer[written..]);
            written += record;
            position += record;
        }

        return written > 0;
    }

    /// <summary>Type (1), version (2), epoch (2), sequence number (6), length (2).</summary>
    private void Number(Span<byte> record)
    {
        if (BinaryPrimitives.ReadUInt16BigEndian(record[3..]) == 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(record[3..], nextSequenceNumber++); // its high 16 bits are the epoch, 0
        }
    }
}
