using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>Chooses the bind addresses of the UDP sockets, so that the source address of a response is the address that the client sent to.</summary>
internal static class BindAddress
{
    /// <summary>
    /// Returns one address for each family of the advertised addresses, IPv4 first: the advertised address when exactly one of the family is local (host network, or a
    /// Pod that clients reach directly). Otherwise the unspecified address: behind a port mapping no advertised address is local, and with several local ones the routing
    /// table selects the source address.
    /// </summary>
    public static IReadOnlyList<IPAddress> Choose(IReadOnlyList<IPAddress> advertised, IReadOnlyCollection<IPAddress> local) =>
        [.. advertised.GroupBy(a => a.AddressFamily).OrderBy(family => family.Key == AddressFamily.InterNetworkV6)
            .Select(family => family.Distinct().Where(local.Contains).ToList() is [var only] ? only
                : family.Key == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any)];

    /// <summary>The address at which this process itself reaches a socket with the bind address.</summary>
    public static IPAddress Reachable(IPAddress bound) =>
        bound.Equals(IPAddress.Any) ? IPAddress.Loopback : bound.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : bound;

    /// <summary>The addresses of the network namespace of this process.</summary>
    public static IReadOnlyCollection<IPAddress> LocalAddresses() =>
        [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address)];
}
