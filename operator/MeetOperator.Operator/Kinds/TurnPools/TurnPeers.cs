using System.Net;
using System.Net.Sockets;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>
/// Selects the addresses to which relays may forward. Relays filter by address only, so an address must never be one at which something else than a media node listens: the authors of
/// pools name static addresses, and could otherwise open the network of the cluster, or relay to somebody else's server. What a tenant names is therefore a peer of its own relays only. Pure.
/// </summary>
internal static class TurnPeers
{
    private static readonly IPNetwork[] Private = Parse("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "192.0.0.0/24", "198.18.0.0/15");

    // Also IPv6 addresses that contain an IPv4 address (translated, 6to4, Teredo; mapped ones are no addresses of hosts), which may lead to a forbidden one.
    private static readonly IPNetwork[] Never = Parse(
        "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fe80::/10", "fec0::/10", "ff00::/8", "fd00:ec2::/32");

    /// <param name="addresses">The addresses of all media nodes that the pool serves.</param>
    /// <param name="allowLoopback">Whether media nodes may be on loopback addresses.</param>
    /// <returns>Addresses in their usual form, sorted, without duplicates.</returns>
    public static IReadOnlyList<string> Select(IEnumerable<TurnPeer> addresses, bool allowLoopback) =>
        [.. addresses.Where(peer => IsAllowed(peer, allowLoopback)).Select(peer => IPAddress.Parse(peer.Address).ToString()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static bool IsAllowed(TurnPeer peer, bool allowLoopback)
    {
        if (!IPAddress.TryParse(peer.Address, out var address) || address.IsIPv4MappedToIPv6 || (address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0))
        {
            return false;
        }

        return IPAddress.IsLoopback(address)
            ? allowLoopback
            : !Never.Any(network => network.Contains(address)) && peer.Origin switch
            {
                PeerOrigin.Cluster or PeerOrigin.Installation => true,
                PeerOrigin.OwnTenant => allowLoopback || !Private.Any(network => network.Contains(address)),
                _ => false,
            };
    }

    private static IPNetwork[] Parse(params string[] networks) => [.. networks.Select(network => IPNetwork.Parse(network))];
}
