using System.Net;
using System.Net.Sockets;
using MeetOperator.NodeControl.Links;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// The addresses that media nodes of one cluster use for links. These are addresses of Pods, not advertised ones: a host port is translated, and an answer to a Pod would
/// come from another address than the request went to. Pure.
/// </summary>
internal static class LinkAddresses
{
    /// <summary>The IP addresses of a node's media sockets, in the order of the Pod's families.</summary>
    /// <param name="podAddresses">Addresses of the Pod, the primary one first.</param>
    /// <param name="mediaAddresses">The reported bind addresses: a socket with an unspecified one serves all addresses of the Pod of that family.</param>
    public static IReadOnlyList<IPAddress> Find(IEnumerable<string?> podAddresses, IReadOnlyList<string> mediaAddresses)
    {
        var pod = Parse(podAddresses);
        var bound = Parse(mediaAddresses);
        return
        [
            .. bound.SelectMany(address => IsUnspecified(address) ? pod.Where(own => own.AddressFamily == address.AddressFamily) : [address])
                .OrderBy(address => pod is [var primary, ..] && primary.AddressFamily != address.AddressFamily)
                .Distinct(),
        ];
    }

    /// <summary>The addresses that one node sends to in order to reach another: those of families that both have.</summary>
    public static IReadOnlyList<string> Between(IReadOnlyList<IPAddress> from, IReadOnlyList<IPAddress> to, int port) =>
    [
        .. to.Where(address => from.Any(own => own.AddressFamily == address.AddressFamily))
            .Select(address => new IPEndPoint(address, port).ToString())
            .Where(text => LinkSpecRules.TryReadAddress(text, out _))
            .Take(LinkSpecRules.MaxAddresses),
    ];

    private static List<IPAddress> Parse(IEnumerable<string?> addresses) =>
        [.. addresses.Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>()
            .Where(address => address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)];

    private static bool IsUnspecified(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
