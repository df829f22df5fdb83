using System.Buffers.Binary;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>Enumerates the packets of a compound packet (RFC 3550 §6.1) or a reduced-size packet (RFC 5506).</summary>
public ref struct RtcpReader
{
    private ReadOnlySpan<byte> rest;

    public RtcpReader(ReadOnlySpan<byte> compound) => rest = compound;

    public RtcpPacket Current { get; private set; }

    /// <summary>Whether the enumeration stopped early because a packet is malformed: its length, version or padding is invalid.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Whether the compound packet holds at least one packet and all its packets are well-formed.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> compound)
    {
        var reader = new RtcpReader(compound);
        while (reader.MoveNext())
        {
        }

        return !reader.IsMalformed && !compound.IsEmpty;
    }

    public readonly RtcpReader GetEnumerator() => this;

    public bool MoveNext()
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        if (rest.Length < RtcpPacket.HeaderLength || rest[0] >> 6 != 2)
        {
            return Stop();
        }

        var length = (BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) + 1) * 4;
        if (length > rest.Length)
        {
            return Stop();
        }

        var padding = 0;
        if ((rest[0] & 0x20) != 0)
        {
            // §6.4.1: only the last packet of a compound packet may have padding.
            padding = rest[length - 1];
            if (length != rest.Length || padding == 0 || padding > length - RtcpPacket.HeaderLength)
            {
                return Stop();
            }
        }

        Current = new RtcpPacket(rest[..(length - padding)]);
        rest = rest[length..];
        return true;
    }

    private bool Stop()
    {
        IsMalformed = true;
        rest = [];
        return false;
    }
}
