namespace MeetOperator.Rtp.Codecs;

/// <summary>Reads bits and Exp-Golomb numbers (ITU-T H.264 §9.1), the most significant bit first. Past the end everything is zero, and <see cref="HasFailed"/> is true.</summary>
internal ref struct ExpGolombReader(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private int _position;

    /// <summary>Whether more bits were read than there are, or a number is longer than 32 bits.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Reads a field of at most 31 bits.</summary>
    public int Read(int bits)
    {
        var value = 0;
        for (; bits > 0; bits--)
        {
            value = (value << 1) | ReadBit();
        }

        return value;
    }

    /// <summary>Skips bits.</summary>
    public void Skip(int bits) => _position += bits;

    /// <summary>Reads an unsigned number, <c>ue(v)</c>.</summary>
    public uint ReadUnsigned()
    {
        var zeros = 0;
        while (ReadBit() == 0)
        {
            if (++zeros == 32 || HasFailed)
            {
                HasFailed = true;
                return 0;
            }
        }

        return (uint)((1L << zeros) - 1 + Read(zeros));
    }

    /// <summary>Reads a signed number, <c>se(v)</c>.</summary>
    public long ReadSigned()
    {
        var code = (long)ReadUnsigned();
        return (code & 1) != 0 ? (code + 1) / 2 : -(code / 2);
    }

    private int ReadBit()
    {
        if (_position >= _data.Length * 8)
        {
            HasFailed = true;
            return 0;
        }

        var bit = (_data[_position >> 3] >> (7 - (_position & 7))) & 1;
        _position++;
        return bit;
    }
}
