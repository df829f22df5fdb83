using System.Buffers.Binary;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>A view of an application-defined packet (RFC 3550 §6.7).</summary>
public readonly ref struct ApplicationDefinedPacket
{
    /// <summary>Offset of the data in the body, after SSRC and name.</summary>
    internal const int DataOffset = 8;

    private ApplicationDefinedPacket(byte subtype, ReadOnlySpan<byte> body)
    {
        Subtype = subtype;
        Ssrc = BinaryPrimitives.ReadUInt32BigEndian(body);
        Name = BinaryPrimitives.ReadUInt32BigEndian(body[4..]);
        Data = body[DataOffset..];
    }

    /// <summary>0 to 31; the name defines its meaning.</summary>
    public byte Subtype { get; }

    public uint Ssrc { get; }

    /// <summary>Four ASCII characters, the first in the high byte.</summary>
    public uint Name { get; }

    /// <summary>The content, without padding of RTCP.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>False for packets of other types and for packets that are too short.</summary>
    public static bool TryParse(RtcpPacket packet, out ApplicationDefinedPacket result)
    {
        result = default;
        if (packet.Type != RtcpPacketType.ApplicationDefined || packet.Body.Length < DataOffset)
        {
            return false;
        }

        result = new ApplicationDefinedPacket(packet.CountOrFormat, packet.Body);
        return true;
    }
}
