using System.Buffers.Binary;
using System.Text;

namespace MeetOperator.Relay.Messages;

/// <summary>Writes the fields of a message in order. When one does not fit or is not allowed, <see cref="Length"/> is 0.</summary>
internal ref struct LinkMessageWriter
{
    private readonly Span<byte> _destination;
    private int _written;
    private bool _isValid;

    internal LinkMessageWriter(Span<byte> destination, LinkMessageType type)
    {
        _destination = destination;
        _isValid = true;
        WriteByte((byte)type);
    }

    /// <summary>The length of the message; 0 when it could not be written.</summary>
    internal readonly int Length => _isValid ? _written : 0;

    internal void Require(bool condition) => _isValid &= condition;

    internal void WriteByte(int value)
    {
        if (Reserve(1) is [_, ..] field)
        {
            field[0] = (byte)value;
        }
    }

    internal void WriteUInt16(ushort value)
    {
        if (Reserve(2) is { Length: 2 } field)
        {
            BinaryPrimitives.WriteUInt16BigEndian(field, value);
        }
    }

    internal void WriteUInt32(uint value)
    {
        if (Reserve(4) is { Length: 4 } field)
        {
            BinaryPrimitives.WriteUInt32BigEndian(field, value);
        }
    }

    internal void WriteUInt64(ulong value)
    {
        if (Reserve(8) is { Length: 8 } field)
        {
            BinaryPrimitives.WriteUInt64BigEndian(field, value);
        }
    }

    /// <summary>Writes the length in two bytes and the text in UTF-8.</summary>
    internal void WriteText(string text, int maximumBytes)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Require(length <= maximumBytes);
        WriteUInt16((ushort)length);
        var field = Reserve(length);
        if (_isValid)
        {
            Encoding.UTF8.GetBytes(text, field);
        }
    }

    private Span<byte> Reserve(int length)
    {
        if (!_isValid || length > _destination.Length - _written)
        {
            _isValid = false;
            return [];
        }

        var field = _destination.Slice(_written, length);
        _written += length;
        return field;
    }
}
