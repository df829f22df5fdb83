using System.Buffers.Binary;

namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>
/// Writes a header extension block (RFC 8285 §4). One-byte elements require IDs of at most 14 and values of 1 to 16 bytes. The
/// caller chooses the two-byte form in the constructor when an element needs it.
/// </summary>
public ref struct HeaderExtensionWriter
{
    private readonly Span<byte> _destination;
    private readonly bool _twoByte;
    private int _position;

    public HeaderExtensionWriter(Span<byte> destination, bool twoByte)
    {
        _destination = destination[..(destination.Length & ~3)]; // leaves room for the padding at the end
        _twoByte = twoByte;
        _position = 4;
    }

    /// <summary>Whether an element requires the two-byte form.</summary>
    public static bool NeedsTwoByte(byte id, int length) => id > 14 || length is 0 or > 16;

    /// <summary>Reserves an element and returns the span for its value, or an empty span when the element does not fit.</summary>
    public Span<byte> Add(byte id, int length)
    {
        var prefix = _twoByte ? 2 : 1;
        if (_position + prefix + length > _destination.Length || (!_twoByte && NeedsTwoByte(id, length)))
        {
            return [];
        }

        if (_twoByte)
        {
            _destination[_position] = id;
            _destination[_position + 1] = (byte)length;
        }
        else
        {
            _destination[_position] = (byte)((id << 4) | (length - 1));
        }

        var value = _destination.Slice(_position + prefix, length);
        _position += prefix + length;
        return value;
    }

    /// <summary>Pads to a multiple of four bytes and writes profile and length. Returns the length of the block in bytes, or 0 when it has no elements.</summary>
    public int Finish()
    {
        if (_position == 4)
        {
            return 0;
        }

        while ((_position & 3) != 0)
        {
            _destination[_position++] = 0;
        }

        BinaryPrimitives.WriteUInt16BigEndian(_destination, (ushort)(_twoByte ? 0x1000 : 0xBEDE));
        BinaryPrimitives.WriteUInt16BigEndian(_destination[2..], (ushort)((_position - 4) / 4));
        return _position;
    }
}
