using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>Chooses the bind address of the UDP sockets, so that the source address of a response is the address that the client sent to.</summary>
internal static class BindAddress
{
    /// <summary>
    /// Returns the advertised address when exactly one of them is a local address (host network, or a Pod that clients reach directly). Otherwise returns
    /// <see cref="IPAddress.Any"/>: behind a port mapping no advertised address is local, and with several local ones the routing table selects the source address.
    /// </summary>
    public static IPAddress Choose(IReadOnlyList<IPAddress> advertised, IReadOnlyCollection<IPAddress> local) =>
        advertised.Distinct().Where(local.Contains).ToList() is [var only] ? only : IPAddress.Any;

    /// <summary>The IPv4 addresses of the network namespace of this process.</summary>
    public static IReadOnlyCollection<IPAddress> LocalAddresses() =>
        [.. NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => a.AddressFamily == AddressFamily.InterNetwork)];
}
