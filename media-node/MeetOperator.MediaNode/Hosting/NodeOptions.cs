using System.Net;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>How a media node is set up; read from the environment by <see cref="NodeOptionsReader"/>.</summary>
public sealed record NodeOptions
{
    /// <summary>Name of the SfuNode.</summary>
    public required string Name { get; init; }

    /// <summary>What the control API serves with and whom it trusts, at first; null only where there is none (<c>--bench</c>).</summary>
    public required ControlCredentials? Credentials { get; init; }

    /// <summary>Where the control API listens.</summary>
    public required IPEndPoint ControlAddress { get; init; }

    /// <summary>One loop a port; 0 lets the kernel choose.</summary>
    public required IReadOnlyList<int> UdpPorts { get; init; }

    /// <summary>IPv4 addresses that clients are told to send to.</summary>
    public required IReadOnlyList<IPAddress> AdvertisedAddresses { get; init; }

    /// <summary>Address that the UDP sockets are bound to.</summary>
    public IPAddress BindAddress { get; init; } = IPAddress.Any;

    /// <summary>Participants of all rooms together, beyond which new rooms are refused.</summary>
    public int MaxParticipants { get; init; } = 500;

    /// <summary>Wanted size of each kernel socket buffer.</summary>
    public int SocketBufferBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>A participant without a connected transport and without a touch for so long is removed.</summary>
    public TimeSpan ParticipantTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long rooms go on after SIGTERM when people are in them; less than the Pod's grace period.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>Silence of a transport after which its session fails.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
