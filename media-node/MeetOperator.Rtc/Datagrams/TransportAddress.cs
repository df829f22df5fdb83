using System.Buffers.Binary;
using System.Net;

namespace MeetOperator.Rtc.Datagrams;

/// <summary>An IPv4 address and UDP port in one number, which makes it a cheap dictionary key.</summary>
public readonly struct TransportAddress : IEquatable<TransportAddress>
{
    public TransportAddress(ulong key) => Key = key;

    /// <summary>Creates an address from host byte order: 127.0.0.1 is 0x7F000001.</summary>
    public TransportAddress(uint address, ushort port) => Key = ((ulong)address << 16) | port;

    /// <summary>The address in host byte order shifted left by 16 bits, plus the port.</summary>
    public ulong Key { get; }

    public uint Address => (uint)(Key >> 16);

    public ushort Port => (ushort)Key;

    public static bool operator ==(TransportAddress left, TransportAddress right) => left.Key == right.Key;

    public static bool operator !=(TransportAddress left, TransportAddress right) => left.Key != right.Key;

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

    public bool Equals(TransportAddress other) => Key == other.Key;

    public override bool Equals(object? obj) => obj is TransportAddress other && Equals(other);

    public override int GetHashCode() => Key.GetHashCode();

    public override string ToString() => $"{Address >> 24}.{(Address >> 16) & 0xFF}.{(Address >> 8) & 0xFF}.{Address & 0xFF}:{Port}";
}
