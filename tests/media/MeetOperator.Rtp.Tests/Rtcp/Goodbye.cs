using System.Buffers.Binary;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Rtp.Tests.Rtcp;

/// <summary>A view of a BYE packet (RFC 3550 §6.6).</summary>
internal readonly ref struct Goodbye
{
    private readonly ReadOnlySpan<byte> _sources;

    private Goodbye(ReadOnlySpan<byte> sources) => _sources = sources;

    /// <summary>The number of SSRCs that leave.</summary>
    public int Count => _sources.Length / 4;

    public uint this[int index] => BinaryPrimitives.ReadUInt32BigEndian(_sources[(index * 4)..]);

    public static bool TryParse(scoped in RtcpPacket packet, out Goodbye goodbye)
    {
        goodbye = default;
        var length = packet.CountOrFormat * 4;
        if (packet.Type != RtcpPacketType.Goodbye || packet.Body.Length < length)
        {
            return false;
        }

        goodbye = new Goodbye(packet.Body[..length]);
        return true;
    }
}
