using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace MeetOperator.Relay.Messages;

/// <summary>
/// Reads the fields of a message in order. A field that is missing or not allowed reads as its default, and <see cref="TryEnd"/> then returns false. It never throws.
/// </summary>
internal ref struct LinkMessageReader
{
    private ReadOnlySpan<byte> _rest;
    private bool _isValid;

    /// <summary>Begins after the type, which must be the given one.</summary>
    internal LinkMessageReader(ReadOnlySpan<byte> message, LinkMessageType type)
    {
        _rest = message;
        _isValid = true;
        Require(ReadByte() == (byte)type);
    }

    /// <summary>Whether all fields were valid and nothing is left.</summary>
    internal readonly bool TryEnd() => _isValid && _rest.IsEmpty;

    internal void Require(bool condition) => _isValid &= condition;

    internal byte ReadByte() => Take(1) is [var value] ? value : (byte)0;

    /// <summary>Reads a byte that is at most <paramref name="maximum"/>.</summary>
    internal byte ReadByte(int maximum)
    {
        var value = ReadByte();
        Require(value <= maximum);
        return value;
    }

    /// <summary>Reads 0 or 1.</summary>
    internal bool ReadBoolean() => ReadByte(1) == 1;

    internal ushort ReadUInt16() => Take(2) is { Length: 2 } value ? BinaryPrimitives.ReadUInt16BigEndian(value) : (ushort)0;

    internal uint ReadUInt32() => Take(4) is { Length: 4 } value ? BinaryPrimitives.ReadUInt32BigEndian(value) : 0;

    internal ulong ReadUInt64() => Take(8) is { Length: 8 } value ? BinaryPrimitives.ReadUInt64BigEndian(value) : 0;

    /// <summary>Reads a number of items. 0 when it is outside of the limits, so that no loop runs over a forged count.</summary>
    internal int ReadCount(int minimum, int maximum)
    {
        var count = ReadByte();
        Require(count >= minimum && count <= maximum);
        return _isValid ? count : 0;
    }

    /// <summary>Reads a text: its length in two bytes and UTF-8 without control characters.</summary>
    internal string ReadText(int minimumBytes, int maximumBytes)
    {
        var length = ReadUInt16();
        Require(length >= minimumBytes && length <= maximumBytes);
        var bytes = _isValid ? Take(length) : [];
        Require(Utf8.IsValid(bytes));
        var text = _isValid ? Encoding.UTF8.GetString(bytes) : string.Empty;
        foreach (var character in text)
        {
            Require(!char.IsControl(character));
        }

        return text;
    }

    /// <summary>Reads a text of visible ASCII characters and spaces. Such texts get into session descriptions.</summary>
    internal string ReadAscii(int minimumBytes, int maximumBytes)
    {
        var text = ReadText(minimumBytes, maximumBytes);
        Require(Ascii.IsValid(text));
        return text;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            _isValid = false;
            _rest = [];
            return [];
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
