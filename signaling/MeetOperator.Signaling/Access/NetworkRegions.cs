using System.Net;
using MeetOperator.Contracts.Tenants;

namespace MeetOperator.Signaling.Access;

/// <summary>Finds the region of an address in a tenant's table of networks. Pure.</summary>
internal static class NetworkRegions
{
    /// <summary>
    /// Returns the region of the network with the longest prefix that contains the address, or null. Of equal networks, the first counts. Entries that are not valid, which the
    /// operator reports, are skipped.
    /// </summary>
    public static string? Find(IReadOnlyList<TenantNetwork> networks, IPAddress? address)
    {
        if (address is null)
        {
            return null;
        }

        string? region = null;
        var longest = -1;
        foreach (var network in networks)
        {
            if (IPNetwork.TryParse(network.Cidr, out var parsed) && parsed.PrefixLength > longest && parsed.Contains(address) && network.Region.Length > 0)
            {
                (region, longest) = (network.Region, parsed.PrefixLength);
            }
        }

        return region;
    }
}
