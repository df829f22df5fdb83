using System.Buffers.Binary;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>The sequence numbers of a generic NACK, in the order of its entries (RFC 4585 §6.2.1).</summary>
public ref struct NackedSequenceNumbers
{
    private ReadOnlySpan<byte> entries;
    private ushort packetId;
    private uint following;

    internal NackedSequenceNumbers(ReadOnlySpan<byte> entries) => this.entries = entries;

    public ushort Current { get; private set; }

    public readonly NackedSequenceNumbers GetEnumerator() => this;

    public bool MoveNext()
    {
        if (following == 0)
        {
            if (entries.Length < 4)
            {
                return false;
            }

            packetId = BinaryPrimitives.ReadUInt16BigEndian(entries);
            following = BinaryPrimitives.ReadUInt16BigEndian(entries[2..]);
            entries = entries[4..];
            Current = packetId;
            return true;
        }

        // Bit i of the mask represents packet ID + i + 1.
        var bit = System.Numerics.BitOperations.TrailingZeroCount(following);
        following &= following - 1;
        Current = (ushort)(packetId + bit + 1);
        return true;
    }
}
