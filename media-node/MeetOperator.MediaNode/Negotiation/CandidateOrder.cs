using System.Net;
using System.Net.Sockets;

namespace MeetOperator.MediaNode.Negotiation;

/// <summary>
/// The order of the node's candidates, from the highest priority. Families alternate, so that a client whose network has a broken family soon tries the other
/// (RFC 8421 §4). Of both, the one with the higher precedence is first (RFC 6724 §2.1): global IPv6, IPv4, unique local IPv6.
/// </summary>
internal static class CandidateOrder
{
    public static IReadOnlyList<IPAddress> Sort(IReadOnlyList<IPAddress> advertised) =>
        [.. advertised.GroupBy(address => address.AddressFamily)
            .SelectMany(family => family.OrderBy(Rank).Select((address, place) => (address, place)))
            .OrderBy(candidate => candidate.place).ThenBy(candidate => Rank(candidate.address))
            .Select(candidate => candidate.address)];

    private static int Rank(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 1 : address.IsIPv6UniqueLocal ? 2 : 0;
}
