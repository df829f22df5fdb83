using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Access;

/// <summary>Derives the key of a caller's rate limits from its address.</summary>
internal static class CallerAddress
{
    public static string Of(HttpRequest request) => request.HttpContext.Connection.RemoteIpAddress is { } address ? KeyOf(address) : string.Empty;

    /// <summary>The full IPv4 address, or the first 64 bits of an IPv6 address, because one host can use all addresses of its /64 (RFC 4291 §2.5.4).</summary>
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
