using System.Buffers.Binary;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>The sequence numbers of a generic NACK, in the order of its entries (RFC 4585 §6.2.1).</summary>
public ref struct NackedSequenceNumbers
{
    private ReadOnlySpan<byte> _entries;
    private ushort _packetId;
    private uint _following;

    internal NackedSequenceNumbers(ReadOnlySpan<byte> entries) => _entries = entries;

    public ushort Current { get; private set; }

    public readonly NackedSequenceNumbers GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_following == 0)
        {
            if (_entries.Length < 4)
            {
                return false;
            }

            _packetId = BinaryPrimitives.ReadUInt16BigEndian(_entries);
            _following = BinaryPrimitives.ReadUInt16BigEndian(_entries[2..]);
            _entries = _entries[4..];
            Current = _packetId;
            return true;
        }

        // Bit i of the mask represents packet ID + i + 1.
        var bit = System.Numerics.BitOperations.TrailingZeroCount(_following);
        _following &= _following - 1;
        Current = (ushort)(_packetId + bit + 1);
        return true;
    }
}
