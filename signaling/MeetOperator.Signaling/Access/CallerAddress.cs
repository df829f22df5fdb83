using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling;

/// <summary>Under which name a caller's limits are kept.</summary>
public static class CallerAddress
{
    public static string Of(HttpRequest request) => request.HttpContext.Connection.RemoteIpAddress is { } address ? KeyOf(address) : string.Empty;

    /// <summary>An IPv4 address as it is; of IPv6 the first 64 bits, since one host may use any of the others (RFC 4291 §2.5.4).</summary>
    public static string KeyOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
