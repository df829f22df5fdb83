using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>Which address the UDP sockets are bound to, so that answers leave from where clients sent to.</summary>
internal static class BindAddress
{
    /// <summary>
    /// The one advertised address that is this machine's own (host network, or a Pod that is reached directly): answers must not leave from
    /// another. Else any: behind a port mapping none is its own, and with several the routes decide.
    /// </summary>
    public static IPAddress Choose(IReadOnlyList<IPAddress> advertised, IReadOnlyCollection<IPAddress> own) =>
        advertised.Distinct().Where(own.Contains).ToList() is [var only] ? only : IPAddress.Any;

    /// <summary>The IPv4 addresses of this network namespace.</summary>
    public static IReadOnlyCollection<IPAddress> Own() =>
        [.. NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => a.AddressFamily == AddressFamily.InterNetwork)];
}
