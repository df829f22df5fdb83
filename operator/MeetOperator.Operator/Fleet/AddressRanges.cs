using System.Net;

namespace MeetOperator.Operator.Fleet;

/// <summary>What kind of address an address is (IANA special-purpose registries). Pure.</summary>
internal static class AddressRanges
{
    private static readonly IPNetwork[] Private = Parse("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "192.0.0.0/24", "198.18.0.0/15");

    // Also IPv6 addresses that contain an IPv4 address (translated, 6to4, Teredo; mapped ones are no addresses of hosts), which may lead to a forbidden one.
    private static readonly IPNetwork[] Reserved = Parse(
        "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fe80::/10", "fec0::/10", "ff00::/8", "fd00:ec2::/32");

    /// <summary>Whether it is an address of a private network, which means different hosts in different places.</summary>
    public static bool IsPrivate(IPAddress address) => Private.Any(network => network.Contains(address));

    /// <summary>Whether no media node can have it: unspecified, link-local, multicast, or an IPv6 form of an IPv4 address. Loopback is another matter.</summary>
    public static bool IsReserved(IPAddress address) => address.IsIPv4MappedToIPv6 || Reserved.Any(network => network.Contains(address));

    /// <summary>Whether it is reachable from the Internet, unless a firewall prevents that.</summary>
    public static bool IsPublic(IPAddress address) => !IPAddress.IsLoopback(address) && !IsReserved(address) && !IsPrivate(address);

    private static IPNetwork[] Parse(params string[] networks) => [.. networks.Select(network => IPNetwork.Parse(network))];
}
