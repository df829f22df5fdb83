using System.Net;
using System.Net.Sockets;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>
/// Selects the addresses to which relays may forward. Relays filter by address only, so an address must never be one at which something else than a media node listens: the authors of
/// pools name static addresses, and could otherwise open the network of the cluster, or relay to somebody else's server. What a tenant names is therefore a peer of its own relays only. Pure.
/// </summary>
internal static class TurnPeers
{
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
            : !AddressRanges.IsReserved(address) && peer.Origin switch
            {
                PeerOrigin.Cluster or PeerOrigin.Installation => true,
                PeerOrigin.OwnTenant => allowLoopback || !AddressRanges.IsPrivate(address),
                _ => false,
            };
    }
}
