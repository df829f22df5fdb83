using System.Buffers.Binary;

namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>
/// Writes an extension block behind a header. One-byte elements are used as long as every id is at most 14 and
/// every value 1 to 16 bytes long; the caller says up front when two-byte elements are needed (RFC 8285 §4).
/// </summary>
public ref struct HeaderExtensionWriter
{
    private readonly Span<byte> destination;
    private readonly bool twoByte;
    private int position;

    public HeaderExtensionWriter(Span<byte> destination, bool twoByte)
    {
        this.destination = destination[..(destination.Length & ~3)]; // room for the padding at the end
        this.twoByte = twoByte;
        position = 4;
    }

    /// <summary>True when an element can only be written in the two-byte form.</summary>
    public static bool NeedsTwoByte(byte id, int length) => id > 14 || length is 0 or > 16;

    /// <summary>Reserves an element and gives its value to write; an empty span when there is no room.</summary>
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

    /// <summary>Pads to a multiple of four and writes profile and length. Returns the bytes of the whole block, 0 when it has no element.</summary>
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
