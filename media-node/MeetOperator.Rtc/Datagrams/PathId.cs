namespace MeetOperator.Rtc.Datagrams;

/// <summary>
/// Identifies the path to a peer: the transport protocol, the address and the port. The receiver of a datagram assigns its path ID; everything else only
/// compares it. The representation is private, so that no table depends on the address family or on UDP. Equal paths have equal IDs for the life of the
/// process.
/// </summary>
public readonly struct PathId : IEquatable<PathId>
{
    private readonly ulong _high;
    private readonly ulong _low;
    private readonly ushort _port;

    private readonly uint _connection;

    private PathId(ulong high, ulong low, ushort port, uint connection) => (_high, _low, _port, _connection) = (high, low, port, connection);

    public static bool operator ==(PathId left, PathId right) => left.Equals(right);

    public static bool operator !=(PathId left, PathId right) => !left.Equals(right);

    /// <summary>The ID of a path. It is computed and not looked up, so that datagrams with forged source addresses fill no table.</summary>
    public static PathId Of(in TransportAddress address) => new(address.High, address.Low, address.Port, address.Connection);

    public bool Equals(PathId other) => _low == other._low && _port == other._port && _high == other._high && _connection == other._connection;

    public override bool Equals(object? obj) => obj is PathId other && Equals(other);

    /// <summary>
    /// An IPv4 address and a port fill 48 bits, so the cheap hash spreads them. The other bits of an IPv6 address are chosen by its owner, who could
    /// fill one bucket; their hash has a secret of this process.
    /// </summary>
    public override int GetHashCode() => _high == 0 ? ((_low << 16) | _port).GetHashCode() : HashCode.Combine(_high, _low, _port);
}
