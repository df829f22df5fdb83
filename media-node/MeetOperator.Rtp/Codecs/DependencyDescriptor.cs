using System.Buffers.Binary;

namespace MeetOperator.Rtp.Codecs;

/// <summary>
/// The mandatory fields of the dependency descriptor extension (RTP Payload Format for AV1, appendix A.8.2). The other fields
/// are forwarded unchanged.
/// </summary>
public readonly record struct DependencyDescriptor(bool StartsFrame, bool EndsFrame, byte TemplateId, ushort FrameNumber, bool HasStructure)
{
    public static bool TryParse(ReadOnlySpan<byte> value, out DependencyDescriptor descriptor)
    {
        descriptor = default;
        if (value.Length < 3)
        {
            return false;
        }

        descriptor = new DependencyDescriptor(
            (value[0] & 0x80) != 0,
            (value[0] & 0x40) != 0,
            (byte)(value[0] & 0x3F),
            BinaryPrimitives.ReadUInt16BigEndian(value[1..]),
            value.Length > 3 && (value[3] & 0x80) != 0);
        return true;
    }
}
