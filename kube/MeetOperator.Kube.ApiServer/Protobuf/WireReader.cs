using System.Buffers.Binary;

namespace MeetOperator.Kube.ApiServer.Protobuf;

/// <summary>Reads protobuf fields one by one. Malformed input sets <see cref="IsMalformed"/> and never throws.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> _rest = data;

    /// <summary>The number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>The value of a varint or fixed-width field.</summary>
    public ulong Number { get; private set; }

    /// <summary>The content of a length-delimited field.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }
    public bool IsMalformed { get; private set; }

    public bool Next()
    {
        if (_rest.IsEmpty || IsMalformed)
        {
            return false;
        }

        var tag = Varint();
        Field = (int)Math.Min(tag >> 3, int.MaxValue);
        Number = 0;
        Bytes = default;
        switch (tag & 7)
        {
            case 0:
                Number = Varint();
                break;
            case 1:
                Number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8, 8));
                break;
            case 2:
                Bytes = Take(Varint(), 0);
                break;
            case 5:
                Number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4, 4));
                break;
            default:
                IsMalformed = true;
                break;
        }

        return !IsMalformed;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_rest.IsEmpty)
            {
                break;
            }

            var next = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(next & 0x7F) << Math.Min(shift, 63);
            if (next < 0x80)
            {
                return value;
            }
        }

        IsMalformed = true;
        return 0;
    }

    /// <summary>
    /// The next <paramref name="count"/> bytes. If there are fewer, sets <see cref="IsMalformed"/> and returns <paramref name="atLeast"/> zeros.
    /// </summary>
    private ReadOnlySpan<byte> Take(ulong count, int atLeast)
    {
        if (count > (ulong)_rest.Length)
        {
            IsMalformed = true;
            return new byte[atLeast];
        }

        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
