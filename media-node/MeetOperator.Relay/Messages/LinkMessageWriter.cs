using System.Buffers.Binary;
using System.Text;

namespace MeetOperator.Relay.Messages;

/// <summary>
/// Writes the fields of a message in order. A value that a reader would refuse throws an <see cref="ArgumentException"/> that names the field. When the destination is too small,
/// <see cref="Length"/> is 0.
/// </summary>
internal ref struct LinkMessageWriter
{
    private readonly Span<byte> _destination;
    private int _written;
    private bool _fits;

    internal LinkMessageWriter(Span<byte> destination, LinkMessageType type)
    {
        _destination = destination;
        _fits = true;
        WriteByte((byte)type);
    }

    /// <summary>The length of the message; 0 when it did not fit.</summary>
    internal readonly int Length => _fits ? _written : 0;

    /// <summary>Throws unless the condition holds.</summary>
    /// <param name="condition">Whether a reader accepts the value.</param>
    /// <param name="field">The name of the field.</param>
    /// <param name="rule">What the value must do, such as "be at least 1".</param>
    internal static void Require(bool condition, string field, string rule)
    {
        if (!condition)
        {
            throw new ArgumentException($"{field} must {rule}.", field);
        }
    }

    internal void WriteByte(byte value)
    {
        if (Reserve(1) is [_, ..] field)
        {
            field[0] = value;
        }
    }

    /// <summary>Writes a byte that is at most <paramref name="maximum"/>.</summary>
    internal void WriteByte(int value, int maximum, string field)
    {
        Require(value >= 0 && value <= maximum, field, $"be 0 to {maximum}");
        WriteByte((byte)value);
    }

    /// <summary>Writes 0 or 1.</summary>
    internal void WriteBoolean(bool value) => WriteByte(value ? (byte)1 : (byte)0);

    /// <summary>Writes a number of items in a byte.</summary>
    internal void WriteCount(int count, int minimum, int maximum, string field)
    {
        Require(count >= minimum && count <= maximum, field, $"have {minimum} to {maximum} items");
        WriteByte((byte)count);
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
    internal void WriteText(string text, int minimumBytes, int maximumBytes, string field)
    {
        ArgumentNullException.ThrowIfNull(text, field);
        for (var i = 0; i < text.Length; i++)
        {
            Require(!char.IsControl(text[i]), field, "not contain control characters");
            if (char.IsSurrogate(text[i]))
            {
                Require(char.IsSurrogatePair(text, i), field, "be valid UTF-16");
                i++;
            }
        }

        var length = Encoding.UTF8.GetByteCount(text);
        Require(length >= minimumBytes && length <= maximumBytes, field, $"have {minimumBytes} to {maximumBytes} bytes in UTF-8");
        WriteUInt16((ushort)length);
        var bytes = Reserve(length);
        if (_fits)
        {
            Encoding.UTF8.GetBytes(text, bytes);
        }
    }

    /// <summary>Writes a text of visible ASCII characters and spaces.</summary>
    internal void WriteAscii(string text, int minimumBytes, int maximumBytes, string field)
    {
        ArgumentNullException.ThrowIfNull(text, field);
        Require(Ascii.IsValid(text), field, "have only ASCII characters");
        WriteText(text, minimumBytes, maximumBytes, field);
    }

    private Span<byte> Reserve(int length)
    {
        if (!_fits || length > _destination.Length - _written)
        {
            _fits = false;
            return [];
        }

        var field = _destination.Slice(_written, length);
        _written += length;
        return field;
    }
}
