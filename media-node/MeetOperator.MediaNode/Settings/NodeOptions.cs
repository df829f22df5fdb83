using System.Net;
using MeetOperator.MediaNode.Hosting;
using MeetOperator.MediaNode.Streams;
using MeetOperator.NodeControl.Security;

namespace MeetOperator.MediaNode.Settings;

/// <summary>Configuration of a media node. <see cref="NodeOptionsReader"/> reads it from environment variables.</summary>
internal sealed record NodeOptions
{
    /// <summary>Name of the SfuNode.</summary>
    public required string Name { get; init; }

    /// <summary>Initial credentials of the control API. Null only without a control API (<c>--bench</c>).</summary>
    public required ControlCredentials? Credentials { get; init; }

    /// <summary>Address and TCP port of the control API.</summary>
    public required IPEndPoint ControlAddress { get; init; }

    /// <summary>UDP ports, one loop each. 0 means a port that the kernel chooses.</summary>
    public required IReadOnlyList<int> UdpPorts { get; init; }

    /// <summary>TCP port for media of clients that cannot use UDP. 0 means a port that the kernel chooses, null none.</summary>
    public int? TcpPort { get; init; }

    /// <summary>IPv4 and IPv6 addresses for the ICE candidates that clients send to.</summary>
    public required IReadOnlyList<IPAddress> AdvertisedAddresses { get; init; }

    /// <summary>IPv6 addresses that are left out because IPv6 is disabled here.</summary>
    public IReadOnlyList<IPAddress> UnservedAddresses { get; init; } = [];

    /// <summary>Bind addresses of the UDP sockets: one for each family of the advertised addresses, IPv4 first.</summary>
    public required IReadOnlyList<IPAddress> BindAddresses { get; init; }

    /// <summary>Total number of participants in all rooms above which the node rejects new rooms.</summary>
    public int MaxParticipants { get; init; } = 500;

    /// <summary>TCP connections of all sessions.</summary>
    public int MaxTcpConnections { get; init; } = StreamPlaces.Max;

    /// <summary>Those of one address.</summary>
    public int MaxTcpConnectionsOfAddress { get; init; } = StreamPlaces.MaxOfAddress;

    /// <summary>Requested size of each kernel socket buffer.</summary>
    public int SocketBufferBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Time after which a participant is removed when it has no connected transport and signaling has not refreshed it.</summary>
    public TimeSpan ParticipantTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long rooms with participants continue after SIGTERM. Must be shorter than the Pod's termination grace period.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>Time without incoming datagrams after which a session fails.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
