using System.Text.Json.Serialization;
using MeetOperator.Contracts.Connectivity;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Tenants;

/// <summary>How the participants of a tenant's meetings may be connected. Changes apply to open meetings within seconds.</summary>
[CelRule(ConnectivityRule.RelayForcedAndDeniedRule, ConnectivityRule.RelayForcedAndDenied, FieldPath = ".turn")]
public sealed record TenantConnectivity
{
    /// <summary>
    /// Whether media may flow directly between participants, which shows them each other's IP addresses. With Denied, meetings with mode Auto use media nodes only, also those that
    /// are open, and meetings with mode P2P are not accepted. Default Allowed; mutable.
    /// </summary>
    [Default("\"Allowed\"")]
    public DirectConnections DirectConnections { get; init; } = DirectConnections.Allowed;

    /// <summary>
    /// Whether participants are connected through relays (TURN) of the installation only. Media nodes then answer no other address, and direct connections between participants are denied as
    /// with directConnections. Requires a TurnPool that the tenant may use. Default false; mutable.
    /// </summary>
    [Default("false")]
    public bool ForceRelay { get; init; }

    /// <summary>Whether participants may connect to media nodes over TCP (ICE-TCP). It does not concern TCP or TLS to a relay. Default Allowed; mutable.</summary>
    [Default("\"Allowed\"")]
    public PathAccess Tcp { get; init; } = PathAccess.Allowed;

    /// <summary>Whether participants may connect through relays (TURN). With Denied, they get none, and media nodes answer none. Default Allowed; mutable.</summary>
    [Default("\"Allowed\"")]
    public PathAccess Turn { get; init; } = PathAccess.Allowed;

    /// <summary>
    /// Whether participants whose network lets nothing but HTTPS to the page's address through may send and receive media on tunnels: WebSockets through signaling. With LastResort, clients use them
    /// only when no other way works, also with forceRelay. Default Denied; mutable.
    /// </summary>
    [Default("\"Denied\"")]
    public TunnelAccess Tunnel { get; init; } = TunnelAccess.Denied;

    /// <summary>What these settings say about media nodes.</summary>
    [JsonIgnore]
    public ConnectivityRule Rule => ConnectivityRule.Of(ForceRelay, Tcp, Turn, Tunnel);
}
