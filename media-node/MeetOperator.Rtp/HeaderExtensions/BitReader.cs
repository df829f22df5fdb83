namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>Reads bit fields, the most significant bit first. Past the end it reads zeros and sets <see cref="HasFailed"/>.</summary>
internal ref struct BitReader(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private int _position;

    /// <summary>Whether more bits were read than there are.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Reads one bit.</summary>
    public bool ReadFlag() => Read(1) != 0;

    /// <summary>Reads a field of at most 16 bits.</summary>
    public int Read(int bits)
    {
        if (_position + bits > _data.Length * 8)
        {
            HasFailed = true;
            return 0;
        }

        var value = 0;
        for (; bits > 0; bits--, _position++)
        {
            value = (value << 1) | ((_data[_position >> 3] >> (7 - (_position & 7))) & 1);
        }

        return value;
    }

    /// <summary>Reads a number below <paramref name="count"/>, which must be at least one, in as few bits as possible: <c>ns(n)</c> of the AV1 specification, section 4.10.7.</summary>
    public int ReadBelow(int count)
    {
        var width = 0;
        for (var rest = count; rest > 0; rest >>= 1)
        {
            width++;
        }

        var shorter = (1 << width) - count;
        var value = Read(width - 1);
        return value < shorter ? value : (value << 1) - shorter + Read(1);
    }
}
