namespace MeetOperator.Rtp.Codecs;

/// <summary>The AV1 aggregation header and the type of the first OBU (RTP Payload Format for AV1 §4.4).</summary>
public readonly struct Av1AggregationHeader
{
    private const int ObuSequenceHeader = 1;

    /// <summary>N bit: the packet is the first packet of a coded video sequence.</summary>
    public bool StartsSequence { get; init; }

    /// <summary>The type of the first OBU; 0 when the OBU continues from the previous packet.</summary>
    public byte FirstObuType { get; init; }

    /// <summary>True for the first packet of a key frame, which starts a new coded video sequence with a sequence header.</summary>
    public bool StartsKeyFrame => StartsSequence && FirstObuType == ObuSequenceHeader;

    public static bool TryParse(ReadOnlySpan<byte> payload, out Av1AggregationHeader header)
    {
        header = default;
        if (payload.Length < 2)
        {
            return false;
        }

        var first = payload[0];
        var continues = (first & 0x80) != 0; // Z bit: the first OBU element continues an OBU of the previous packet
        var startsSequence = (first & 0x08) != 0;
        if (continues && startsSequence)
        {
            return false; // §4.4: N may not be set together with Z
        }

        var count = (first >> 4) & 0x03; // W: the number of OBU elements, or 0 when a length precedes every element
        var position = 1;
        if (count != 1 && !TrySkipLength(payload, ref position))
        {
            return false; // the last of W elements has no length field
        }

        if (position >= payload.Length)
        {
            return false;
        }

        header = new Av1AggregationHeader
        {
            StartsSequence = startsSequence,
            FirstObuType = continues ? (byte)0 : (byte)((payload[position] >> 3) & 0x0F),
        };
        return true;
    }

    /// <summary>Skips a leb128 value of at most five bytes.</summary>
    private static bool TrySkipLength(ReadOnlySpan<byte> payload, ref int position)
    {
        for (var i = 0; i < 5 && position < payload.Length; i++)
        {
            if ((payload[position++] & 0x80) == 0)
            {
                return true;
            }
        }

        return false;
    }
}
