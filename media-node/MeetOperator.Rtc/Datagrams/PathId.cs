namespace MeetOperator.Rtc.Datagrams;

/// <summary>
/// Identifies the path to a peer: the transport protocol, the address and the port. The receiver of a datagram assigns its path ID; everything else only
/// compares it. The representation is private, so that no table depends on IPv4 or on UDP. Equal paths have equal IDs for the life of the process.
/// </summary>
public readonly struct PathId : IEquatable<PathId>
{
    private readonly ulong _value;

    private PathId(ulong value) => _value = value;

    public static bool operator ==(PathId left, PathId right) => left._value == right._value;

    public static bool operator !=(PathId left, PathId right) => left._value != right._value;

    /// <summary>The ID of a UDP path. It is computed and not looked up, so that datagrams with forged source addresses fill no table.</summary>
    public static PathId FromUdp(uint address, ushort port) => new(((ulong)address << 16) | port);

    public bool Equals(PathId other) => _value == other._value;

    public override bool Equals(object? obj) => obj is PathId other && Equals(other);

    public override int GetHashCode() => _value.GetHashCode();
}
