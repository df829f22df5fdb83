using System.Buffers.Binary;
using System.Net;

namespace MeetOperator.Rtc.Datagrams;

/// <summary>An IPv4 address and UDP port. Tables use its <see cref="Path"/> as their key.</summary>
public readonly struct TransportAddress : IEquatable<TransportAddress>
{
    /// <summary>Creates an address from host byte order: 127.0.0.1 is 0x7F000001.</summary>
    public TransportAddress(uint address, ushort port) => (Address, Port) = (address, port);

    public uint Address { get; }

    public ushort Port { get; }

    /// <summary>The path of datagrams from and to this address.</summary>
    public PathId Path => PathId.FromUdp(Address, Port);

    public static bool operator ==(TransportAddress left, TransportAddress right) => left.Path == right.Path;

    public static bool operator !=(TransportAddress left, TransportAddress right) => left.Path != right.Path;

    /// <summary>Converts an endpoint. IPv4-mapped IPv6 addresses count as IPv4.</summary>
    /// <exception cref="ArgumentException">The address is an IPv6 address that is not IPv4-mapped.</exception>
    public static TransportAddress FromIPEndPoint(IPEndPoint endPoint)
    {
        var address = endPoint.Address.IsIPv4MappedToIPv6 ? endPoint.Address.MapToIPv4() : endPoint.Address;
        Span<byte> bytes = stackalloc byte[4];
        if (!address.TryWriteBytes(bytes, out _))
        {
            throw new ArgumentException($"'{endPoint}' is not an IPv4 endpoint. Only IPv4 is supported.", nameof(endPoint));
        }

        return new TransportAddress(BinaryPrimitives.ReadUInt32BigEndian(bytes), (ushort)endPoint.Port);
    }

    public IPEndPoint ToIPEndPoint()
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Address);
        return new IPEndPoint(new IPAddress(bytes), Port);
    }

    public bool Equals(TransportAddress other) => Path == other.Path;

    public override bool Equals(object? obj) => obj is TransportAddress other && Equals(other);

    public override int GetHashCode() => Path.GetHashCode();

    public override string ToString() => $"{Address >> 24}.{(Address >> 16) & 0xFF}.{(Address >> 8) & 0xFF}.{Address & 0xFF}:{Port}";
}
