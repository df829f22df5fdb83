using System.Text.Json.Serialization;
using MeetOperator.Contracts.Connectivity;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>In which ways participants may reach the media nodes of a pool, in addition to what their tenant says: the stricter one counts. Changes apply to open meetings within seconds.</summary>
[CelRule(ConnectivityRule.RelayForcedAndDeniedRule, ConnectivityRule.RelayForcedAndDenied, FieldPath = ".turn")]
public sealed record SfuConnectivity
{
    /// <summary>
    /// Whether participants reach these media nodes through relays (TURN) of the installation only. Media nodes then answer no other address. Requires a TurnPool that the tenants may use.
    /// Default false; mutable.
    /// </summary>
    [Default("false")]
    public bool ForceRelay { get; init; }

    /// <summary>Whether participants may reach these media nodes over TCP (ICE-TCP). It does not concern TCP or TLS to a relay. Default Allowed; mutable.</summary>
    [Default("\"Allowed\"")]
    public PathAccess Tcp { get; init; } = PathAccess.Allowed;

    /// <summary>Whether participants may reach these media nodes through relays (TURN). With Denied, they get none, and these media nodes answer none. Default Allowed; mutable.</summary>
    [Default("\"Allowed\"")]
    public PathAccess Turn { get; init; } = PathAccess.Allowed;

    /// <summary>
    /// Whether participants may reach these media nodes on tunnels, through signaling, when no other way works. Absent: as the tenant says, whose default is Denied. LastResort does not allow what the
    /// tenant denies; mutable.
    /// </summary>
    public TunnelAccess? Tunnel { get; init; }

    /// <summary>What these settings say about media nodes.</summary>
    [JsonIgnore]
    public ConnectivityRule Rule => ConnectivityRule.Of(ForceRelay, Tcp, Turn, Tunnel ?? TunnelAccess.LastResort);
}
