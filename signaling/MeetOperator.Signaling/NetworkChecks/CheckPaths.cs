using MeetOperator.Contracts.Connectivity;
using MeetOperator.NodeControl;

namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>What the settings of tenant and pool leave to try in a network check. Pure.</summary>
internal static class CheckPaths
{
    /// <summary>The rule that the media node enforces in the room of the check; null without limits.</summary>
    public static RoomConnectivity? ForNode(ConnectivityRule? rule) =>
        rule is null ? null : new RoomConnectivity { ForceRelay = rule.ForceRelay, DenyTcp = rule.Tcp == PathAccess.Denied, DenyTurn = rule.Turn == PathAccess.Denied };

    /// <summary>
    /// What is denied: <c>direct</c> stands for every way without a relay, <c>tcp</c> for TCP without a relay, <c>relay-quota</c> for relays of which the tenant has all that it may have.
    /// </summary>
    public static IEnumerable<string> Denied(ConnectivityRule? rule, bool isRelayQuotaReached = false)
    {
        if (rule is { ForceRelay: true })
        {
            yield return "direct";
        }
        else if (rule is { Tcp: PathAccess.Denied })
        {
            yield return "tcp";
        }

        if (rule is { Turn: PathAccess.Denied })
        {
            yield return "relay";
        }
        else if (isRelayQuotaReached)
        {
            yield return "relay-quota";
        }
    }

    /// <summary>Leaves what a client may try without a relay.</summary>
    public static NetworkCheckReport Limit(NetworkCheckReport report, ConnectivityRule? rule) => rule switch
    {
        { ForceRelay: true } => report with { Addresses = [], UdpPorts = [], TcpPort = null },
        { Tcp: PathAccess.Denied } => report with { TcpPort = null },
        _ => report,
    };
}
