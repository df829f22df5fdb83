using System.Buffers.Binary;

namespace MeetOperator.Rtp.Codecs;

/// <summary>The kinds of NAL units in an H.264 payload (RFC 6184 §5.2).</summary>
public readonly struct H264Payload
{
    internal const int TypeSequenceParameterSet = 7;
    private const int TypeIdr = 5;
    private const int TypeStapA = 24;
    private const int TypeFuA = 28;

    /// <summary>Whether the packet holds a complete sequence parameter set or its first fragment.</summary>
    public bool HasSequenceParameterSet { get; init; }

    /// <summary>Where a complete sequence parameter set is in the payload; empty for none.</summary>
    public Range SequenceParameterSet { get; init; }

    /// <summary>Whether an IDR slice starts in the packet.</summary>
    public bool HasIdrStart { get; init; }

    /// <summary>
    /// True when a decoder can start at this packet. Encoders send the parameter sets before the IDR slice with the same
    /// timestamp, so either one can start the key frame.
    /// </summary>
    public bool StartsKeyFrame => HasSequenceParameterSet || HasIdrStart;

    /// <summary>Parses single NAL units, STAP-A and FU-A, the packet types of packetization modes 0 and 1.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, out H264Payload content)
    {
        content = default;
        if (payload.IsEmpty)
        {
            return false;
        }

        var type = payload[0] & 0x1F;
        switch (type)
        {
            case >= 1 and <= 23:
                content = FromNalUnitType(type) with { SequenceParameterSet = type == TypeSequenceParameterSet ? .. : default };
                return true;
            case TypeStapA:
                return TryParseAggregate(payload, out content);
            case TypeFuA:
                if (payload.Length < 2)
                {
                    return false;
                }

                var isStart = (payload[1] & 0x80) != 0;
                content = isStart ? FromNalUnitType(payload[1] & 0x1F) : default;
                return true;
            default:
                return false;
        }
    }

    private static bool TryParseAggregate(ReadOnlySpan<byte> payload, out H264Payload content)
    {
        bool parameterSet = false, idr = false;
        Range set = default;
        content = default;
        for (var start = 1; start < payload.Length;)
        {
            var units = payload[start..];
            if (units.Length < 3)
            {
                return false;
            }

            int size = BinaryPrimitives.ReadUInt16BigEndian(units);
            if (size == 0 || size > units.Length - 2)
            {
                return false;
            }

            var unit = FromNalUnitType(units[2] & 0x1F);
            set = unit.HasSequenceParameterSet ? (start + 2)..(start + 2 + size) : set;
            parameterSet |= unit.HasSequenceParameterSet;
            idr |= unit.HasIdrStart;
            start += 2 + size;
        }

        content = new H264Payload { HasSequenceParameterSet = parameterSet, SequenceParameterSet = set, HasIdrStart = idr };
        return true;
    }

    private static H264Payload FromNalUnitType(int type) => new()
    {
        HasSequenceParameterSet = type == TypeSequenceParameterSet,
        HasIdrStart = type == TypeIdr,
    };
}
