using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>A network check that is open.</summary>
/// <param name="CheckId">Names the check in its other requests. Only the address that opened it can use it.</param>
/// <param name="Seconds">Seconds until it ends by itself.</param>
/// <param name="Connections">Maximum number of connections that publish.</param>
/// <param name="IceServers">The relays to try, with credentials for the time of the check.</param>
/// <param name="Addresses">The addresses of the media node; none if only relays are allowed.</param>
/// <param name="UdpPorts">Its UDP ports for media; none if only relays are allowed.</param>
/// <param name="TcpPort">Its TCP port for media; null if it has none, and if TCP is denied.</param>
/// <param name="Denied">What the tenant or the pool denies, so that it need not be tried: <c>direct</c>, <c>tcp</c> or <c>relay</c>.</param>
/// <param name="TunnelUrl">The URL of a WebSocket that acknowledges what arrives, at the path of tunnels; null if tunnels are denied.</param>
internal sealed record NetworkCheckResponse(
    string CheckId, int Seconds, int Connections, IReadOnlyList<IceServer> IceServers, IReadOnlyList<string> Addresses, IReadOnlyList<int> UdpPorts, int? TcpPort,
    IReadOnlyList<string> Denied, string? TunnelUrl);
