using System.Buffers.Binary;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>
/// Enumerates the packets of a compound packet (RFC 3550 §6.1) or a reduced-size packet (RFC 5506). Ends at the first packet with an invalid length, version or
/// padding.
/// </summary>
public ref struct RtcpReader
{
    private ReadOnlySpan<byte> _rest;

    public RtcpReader(ReadOnlySpan<byte> compound) => _rest = compound;

    public RtcpPacket Current { get; private set; }

    public readonly RtcpReader GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (_rest.Length < RtcpPacket.HeaderLength || _rest[0] >> 6 != 2)
        {
            return Stop();
        }

        var length = (BinaryPrimitives.ReadUInt16BigEndian(_rest[2..]) + 1) * 4;
        if (length > _rest.Length)
        {
            return Stop();
        }

        var padding = 0;
        if ((_rest[0] & 0x20) != 0)
        {
            // §6.4.1: only the last packet of a compound packet may have padding.
            padding = _rest[length - 1];
            if (length != _rest.Length || padding == 0 || padding > length - RtcpPacket.HeaderLength)
            {
                return Stop();
            }
        }

        Current = new RtcpPacket(_rest[..(length - padding)]);
        _rest = _rest[length..];
        return true;
    }

    /// <summary>Ends the enumeration at a malformed packet.</summary>
    private bool Stop()
    {
        _rest = [];
        return false;
    }
}
