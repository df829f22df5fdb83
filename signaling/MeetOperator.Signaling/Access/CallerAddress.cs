using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Access;

/// <summary>The address of a caller, and the key of its rate limits.</summary>
internal static class CallerAddress
{
    public static string Of(HttpRequest request) => request.HttpContext.Connection.RemoteIpAddress is { } address ? KeyOf(address) : string.Empty;

    /// <summary>The address of the caller: an IPv4 address as such, also if it arrived on an IPv6 socket. Null if it is unknown.</summary>
    public static IPAddress? AddressOf(HttpRequest request) =>
        request.HttpContext.Connection.RemoteIpAddress is { } address ? address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address : null;

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
