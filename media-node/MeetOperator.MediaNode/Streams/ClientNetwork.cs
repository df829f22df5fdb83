using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Streams;

/// <summary>Whose connections count together: those of one IPv4 address, or of one IPv6 network of 64 bits, in which a client can have any address.</summary>
/// <param name="High">The first 64 bits of the address; 0 for IPv4.</param>
/// <param name="Low">The last 64 bits, in the IPv4-mapped form; 0 for IPv6.</param>
internal readonly record struct ClientNetwork(ulong High, ulong Low)
{
    public static ClientNetwork Of(in TransportAddress address) => address.IsIPv4 ? new(address.High, address.Low) : new(address.High, 0);

    /// <summary>The largest network that a provider usually gives to one customer (RFC 6177): the first 48 bits of an IPv6 address, or a whole IPv4 address.</summary>
    public ClientNetwork Site => High == 0 ? this : new(High & ~0xFFFFUL, 0);
}
