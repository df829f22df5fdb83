using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Tenants;

/// <summary>How the participants of a tenant's meetings may be connected.</summary>
public sealed record TenantConnectivity
{
    /// <summary>
    /// Whether media may flow directly between participants, which shows them each other's IP addresses. With Denied, meetings with mode Auto use media nodes only, also those that
    /// are open, and meetings with mode P2P are not accepted. Default Allowed; mutable.
    /// </summary>
    [Default("\"Allowed\"")]
    public DirectConnections DirectConnections { get; init; } = DirectConnections.Allowed;

    /// <summary>
    /// Whether participants whose network lets nothing but HTTPS to the page's address through may send and receive media on WebSockets through signaling. With LastResort, clients use them only
    /// when no other path works. Media nodes learn it with the room, so meetings that were placed before keep what they have. Default Denied; mutable.
    /// </summary>
    [Default("\"Denied\"")]
    public TunnelPolicy Tunnel { get; init; } = TunnelPolicy.Denied;
}
