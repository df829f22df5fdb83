using System.Buffers.Binary;

namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>The fixed fields of the dependency descriptor (RTP Payload Format for AV1, appendix A.8.2), and whether it holds the structure of the stream.</summary>
public readonly struct DependencyDescriptor
{
    /// <summary>Offset of the 16-bit frame number in the extension.</summary>
    public const int FrameNumberOffset = 1;

    /// <summary>Length of the fixed fields in bytes.</summary>
    public const int FixedLength = 3;

    /// <summary>Whether the packet is the first packet of its frame.</summary>
    public bool StartsFrame { get; private init; }

    /// <summary>Whether the packet is the last packet of its frame.</summary>
    public bool EndsFrame { get; private init; }

    /// <summary>The template that describes the frame; see <see cref="DependencyStructure"/>.</summary>
    public byte TemplateId { get; private init; }

    public ushort FrameNumber { get; private init; }

    /// <summary>Whether the structure of the stream is attached. It is attached to the first packet of each key frame.</summary>
    public bool HasStructure { get; private init; }

    /// <summary>True for the first packet of a key frame.</summary>
    public bool StartsKeyFrame => StartsFrame && HasStructure;

    public static bool TryParse(ReadOnlySpan<byte> value, out DependencyDescriptor descriptor)
    {
        descriptor = default;
        if (value.Length < FixedLength)
        {
            return false;
        }

        descriptor = new DependencyDescriptor
        {
            StartsFrame = (value[0] & 0x80) != 0,
            EndsFrame = (value[0] & 0x40) != 0,
            TemplateId = (byte)(value[0] & 0x3F),
            FrameNumber = BinaryPrimitives.ReadUInt16BigEndian(value[FrameNumberOffset..]),
            HasStructure = value.Length > FixedLength && (value[FixedLength] & 0x80) != 0,
        };
        return true;
    }
}
