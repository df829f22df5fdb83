namespace MeetOperator.NodeControl;

/// <summary>The relays (TURN) of the installation, by which a media node tells relayed paths from others.</summary>
public sealed record NodeRelays
{
    /// <summary>Maximum number of <see cref="Sources"/>.</summary>
    public const int MaxSources = 4096;

    /// <summary>Maximum length of <see cref="Revision"/>.</summary>
    public const int MaxRevisionLength = 64;

    /// <summary>Names this list; the node returns it in <see cref="NodeReport.RelaysRevision"/>. 1 to 64 characters.</summary>
    public required string Revision { get; init; }

    /// <summary>Where datagrams of relays come from, at most 4,096 entries. The list replaces the former one.</summary>
    public required IReadOnlyList<RelaySource> Sources { get; init; }
}

/// <summary>An address of a relay, and the UDP ports from which it forwards.</summary>
public sealed record RelaySource
{
    /// <summary>IPv4 or IPv6 address, such as <c>10.1.2.3</c>.</summary>
    public required string Address { get; init; }

    /// <summary>The lowest port, 1 to 65,535.</summary>
    public required int MinPort { get; init; }

    /// <summary>The highest port, at least <see cref="MinPort"/>.</summary>
    public required int MaxPort { get; init; }
}
