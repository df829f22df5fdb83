namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>The family of the address that a client tried.</summary>
internal enum CheckFamily
{
    Ipv4,
    Ipv6,

    /// <summary>The client knows only a name.</summary>
    Unknown,
}
