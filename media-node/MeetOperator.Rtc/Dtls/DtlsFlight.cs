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

    private byte[] _bytes = [];
    private int _length;
    private int _position;
    private ulong _nextSequenceNumber;

    /// <summary>Whether all records of the flight were taken.</summary>
    public bool IsSent => _position == _length;

    /// <summary>Replaces the flight. Takes ownership of the buffer.</summary>
    public void Replace(byte[] records, int count)
    {
        _bytes = records;
        _length = count;
        _position = 0;
    }

    /// <summary>Restarts the flight from the first record.</summary>
    public void Rewind() => _position = 0;

    /// <summary>Copies as many complete records as fit in a datagram. A record that does not fit stays for a larger buffer.</summary>
    public bool TryTake(Span<byte> buffer, out int written)
    {
        written = 0;
        var limit = Math.Min(mtuBytes, buffer.Length);
        while (_length - _position >= RecordHeaderLength)
        {
            var record = RecordHeaderLength + BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(_position + 11));
            if (_position + record > _length)
            {
                _position = _length; // an incomplete record, which OpenSSL does not produce
                break;
            }

            if (written + record > (written > 0 ? limit : buffer.Length))
            {
                break;
            }

            _bytes.AsSpan(_position, record).CopyTo(buffer[written..]);
            AssignSequenceNumber(buffer[written..]);
            written += record;
            _position += record;
        }

        return written > 0;
    }

    /// <summary>Sets the sequence number of a record of epoch 0. The header has type (1), version (2), epoch (2), sequence number (6) and length (2).</summary>
    private void AssignSequenceNumber(Span<byte> record)
    {
        if (BinaryPrimitives.ReadUInt16BigEndian(record[3..]) == 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(record[3..], _nextSequenceNumber++); // the high 16 bits are the epoch, 0
        }
    }
}
