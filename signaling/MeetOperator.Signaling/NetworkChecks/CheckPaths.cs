using MeetOperator.Contracts.Connectivity;
using MeetOperator.NodeControl;

namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>What the settings of tenant and pool leave to try in a network check. Pure.</summary>
internal static class CheckPaths
{
    /// <summary>The rule that the media node enforces in the room of the check; null without limits.</summary>
    public static RoomConnectivity? ForNode(ConnectivityRule? rule) =>
        rule is null ? null : new RoomConnectivity { ForceRelay = rule.ForceRelay, DenyTcp = rule.Tcp == PathAccess.Denied, DenyTurn = rule.Turn == PathAccess.Denied };

    /// <summary>What is denied: <c>direct</c> stands for every way without a relay, <c>tcp</c> for TCP without a relay.</summary>
    public static IReadOnlyList<string> Denied(ConnectivityRule? rule) =>
    [
        .. rule switch { { ForceRelay: true } => ["direct"], { Tcp: PathAccess.Denied } => ["tcp"], _ => Array.Empty<string>() },
        .. rule is { Turn: PathAccess.Denied } ? ["relay"] : Array.Empty<string>(),
    ];

    /// <summary>Leaves what a client may try without a relay.</summary>
    public static NetworkCheckReport Limit(NetworkCheckReport report, ConnectivityRule? rule) => rule switch
    {
        { ForceRelay: true } => report with { Addresses = [], UdpPorts = [], TcpPort = null },
        { Tcp: PathAccess.Denied } => report with { TcpPort = null },
        _ => report,
    };
}
