using System.Buffers.Binary;

namespace MeetOperator.Rtp.Codecs;

/// <summary>What NAL units an H.264 payload holds (RFC 6184 §5.2).</summary>
public readonly struct H264Payload
{
    private const int TypeIdr = 5;
    private const int TypeSequenceParameterSet = 7;
    private const int TypeStapA = 24;
    private const int TypeFuA = 28;

    /// <summary>A sequence parameter set is in the packet, whole or its first fragment.</summary>
    public bool HasSequenceParameterSet { get; init; }

    /// <summary>An IDR slice starts in the packet.</summary>
    public bool HasIdrStart { get; init; }

    /// <summary>
    /// True where a decoder can start. Encoders send the parameter sets in front of the IDR slice under the same timestamp,
    /// so the packet that holds them comes first.
    /// </summary>
    public bool StartsKeyFrame => HasSequenceParameterSet || HasIdrStart;

    /// <summary>Parses single NAL units, STAP-A and FU-A: what packetization modes 0 and 1 may send.</summary>
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
                content = Of(type);
                return true;
            case TypeStapA:
                return TryParseAggregate(payload[1..], out content);
            case TypeFuA:
                if (payload.Length < 2)
                {
                    return false;
                }

                var isStart = (payload[1] & 0x80) != 0;
                content = isStart ? Of(payload[1] & 0x1F) : default;
                return true;
            default:
                return false;
        }
    }

    private static bool TryParseAggregate(ReadOnlySpan<byte> units, out H264Payload content)
    {
        bool parameterSet = false, idr = false;
        content = default;
        while (!units.IsEmpty)
        {
            if (units.Length < 3)
            {
                return false;
            }

            int size = BinaryPrimitives.ReadUInt16BigEndian(units);
            if (size == 0 || size > units.Length - 2)
            {
                return false;
            }

            var unit = Of(units[2] & 0x1F);
            parameterSet |= unit.HasSequenceParameterSet;
            idr |= unit.HasIdrStart;
            units = units[(2 + size)..];
        }

        content = new H264Payload { HasSequenceParameterSet = parameterSet, HasIdrStart = idr };
        return true;
    }

    private static H264Payload Of(int type) => new()
    {
        HasSequenceParameterSet = type == TypeSequenceParameterSet,
        HasIdrStart = type == TypeIdr,
    };
}
