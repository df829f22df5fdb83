using System.Buffers.Binary;

namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>
/// Writes a header extension block (RFC 8285 §4). One-byte elements require IDs of at most 14 and values of 1 to 16 bytes. The
/// caller chooses the two-byte form in the constructor when an element needs it.
/// </summary>
public ref struct HeaderExtensionWriter
{
    private readonly Span<byte> destination;
    private readonly bool twoByte;
    private int position;

    public HeaderExtensionWriter(Span<byte> destination, bool twoByte)
    {
        this.destination = destination[..(destination.Length & ~3)]; // leaves room for the padding at the end
        this.twoByte = twoByte;
        position = 4;
    }

    /// <summary>Whether an element requires the two-byte form.</summary>
    public static bool NeedsTwoByte(byte id, int length) => id > 14 || length is 0 or > 16;

    /// <summary>Reserves an element and returns the span for its value, or an empty span when the element does not fit.</summary>
    public Span<byte> Add(byte id, int length)
    {
        var prefix = twoByte ? 2 : 1;
        if (position + prefix + length > destination.Length || (!twoByte && NeedsTwoByte(id, length)))
        {
            return [];
        }

        if (twoByte)
        {
            destination[position] = id;
            destination[position + 1] = (byte)length;
        }
        else
        {
            destination[position] = (byte)((id << 4) | (length - 1));
        }

        var value = destination.Slice(position + prefix, length);
        position += prefix + length;
        return value;
    }

    /// <summary>Pads to a multiple of four bytes and writes profile and length. Returns the length of the block in bytes, or 0 when it has no elements.</summary>
    public int Finish()
    {
        if (position == 4)
        {
            return 0;
        }

        while ((position & 3) != 0)
        {
            destination[position++] = 0;
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)(twoByte ? 0x1000 : 0xBEDE));
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)((position - 4) / 4));
        return position;
    }
}
