using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>A network check that is open.</summary>
/// <param name="CheckId">Names the check in its other requests. Only the address that opened it can use it.</param>
/// <param name="Seconds">Seconds until it ends by itself.</param>
/// <param name="Connections">Maximum number of connections that publish.</param>
/// <param name="IceServers">The relays to try, with credentials for the time of the check.</param>
/// <param name="Addresses">The addresses of the media node.</param>
/// <param name="UdpPorts">Its UDP ports for media.</param>
/// <param name="TcpPort">Its TCP port for media; null if it has none.</param>
internal sealed record NetworkCheckResponse(
    string CheckId, int Seconds, int Connections, IReadOnlyList<IceServer> IceServers, IReadOnlyList<string> Addresses, IReadOnlyList<int> UdpPorts, int? TcpPort);
