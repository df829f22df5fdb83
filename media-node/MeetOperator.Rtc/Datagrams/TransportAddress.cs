using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace MeetOperator.Rtc.Datagrams;

/// <summary>
/// An IPv4 or IPv6 address and a port, and the TCP connection if the path is not UDP. IPv4 addresses have the IPv4-mapped form (RFC 4291 §2.5.5.2), so both families have one
/// representation. Tables use its <see cref="Path"/> as their key.
/// </summary>
public readonly struct TransportAddress : IEquatable<TransportAddress>
{
    private const ulong MappedPrefix = 0xFFFFUL << 32;

    /// <summary>Creates an IPv4 address from host byte order: 127.0.0.1 is 0x7F000001.</summary>
    public TransportAddress(uint address, ushort port)
        : this(0, MappedPrefix | address, port)
    {
    }

    /// <summary>Creates an address of either family from the halves of its 128 bits in host byte order.</summary>
    public TransportAddress(ulong high, ulong low, ushort port) => (High, Low, Port) = (high, low, port);

    /// <summary>The first 64 bits of the address; 0 for IPv4.</summary>
    public ulong High { get; }

    /// <summary>The last 64 bits of the address.</summary>
    public ulong Low { get; }

    public ushort Port { get; }

    /// <summary>The number of the TCP connection, which no other connection of this process has; 0 for UDP.</summary>
    public uint Connection { get; private init; }

    public bool IsIPv4 => High == 0 && Low >> 32 == MappedPrefix >> 32;

    /// <summary>The path of datagrams from and to this address.</summary>
    public PathId Path => PathId.Of(this);

    public static bool operator ==(TransportAddress left, TransportAddress right) => left.Equals(right);

    public static bool operator !=(TransportAddress left, TransportAddress right) => !left.Equals(right);

    /// <summary>Converts an endpoint. IPv4-mapped IPv6 addresses count as IPv4. A scope ID is not kept.</summary>
    public static TransportAddress FromIPEndPoint(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        Span<byte> bytes = stackalloc byte[16];
        endPoint.Address.TryWriteBytes(bytes, out _);
        return endPoint.AddressFamily == AddressFamily.InterNetwork
            ? new TransportAddress(BinaryPrimitives.ReadUInt32BigEndian(bytes), (ushort)endPoint.Port)
            : new TransportAddress(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), (ushort)endPoint.Port);
    }

    /// <summary>This address as the other end of a TCP connection.</summary>
    public TransportAddress Over(uint connection) => new(High, Low, Port) { Connection = connection };

    public IPEndPoint ToIPEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
        return new IPEndPoint(new IPAddress(IsIPv4 ? bytes[12..] : bytes), Port);
    }

    public bool Equals(TransportAddress other) => Low == other.Low && Port == other.Port && High == other.High && Connection == other.Connection;

    public override bool Equals(object? obj) => obj is TransportAddress other && Equals(other);

    public override int GetHashCode() => Path.GetHashCode();

    public override string ToString() => Connection == 0 ? ToIPEndPoint().ToString() : $"{ToIPEndPoint()} (TCP)";
}
