namespace MeetOperator.NodeControl;

/// <summary>
/// A network check that is open: a room for one client, which belongs to no meeting and ends by itself. The client publishes through several connections, each as a participant of its own, and
/// plays what one of them sends.
/// </summary>
public sealed record NetworkCheckReport
{
    /// <summary>The room of the check.</summary>
    public required string CheckId { get; init; }

    /// <summary>Seconds until the check ends.</summary>
    public required int Seconds { get; init; }

    /// <summary>Maximum number of connections that publish.</summary>
    public required int Connections { get; init; }

    /// <summary>The addresses of the node for clients.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>All UDP ports for media. The connections of the check use one of them.</summary>
    public IReadOnlyList<int> UdpPorts { get; init; } = [];

    /// <summary>The TCP port for media; null for none.</summary>
    public int? TcpPort { get; init; }
}
