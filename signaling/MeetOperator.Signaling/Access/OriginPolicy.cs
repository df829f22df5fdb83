using System.Net;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Access;

/// <summary>Decides which web pages may call this server from a browser, and which callers are local.</summary>
internal sealed class OriginPolicy(Uri? publicUrl)
{
    /// <summary>
    /// Returns true if the request has no Origin header, or if its origin is the called host or the public URL. Requests without an Origin come from programs,
    /// which authenticate with credentials. WebSockets need this check because browsers do not apply CORS to them.
    /// </summary>
    public bool IsAllowed(HttpRequest request)
    {
        var origins = request.Headers.Origin;
        if (origins.Count == 0)
        {
            return true;
        }

        return origins is [{ } text]
            && Uri.TryCreate(text, UriKind.Absolute, out var origin)
            && origin.Scheme is "http" or "https"
            && (IsSameHost(origin, request) || (publicUrl is not null && IsSameOrigin(origin, publicUrl)));
    }

    /// <summary>
    /// Returns true if the peer and all forwarded hops are loopback addresses, and the Host header names this machine. The Host check protects against DNS
    /// rebinding, where a web page of another site calls its own host name that resolves to 127.0.0.1.
    /// </summary>
    public bool IsLocal(HttpRequest request) =>
        request.HttpContext.Connection.RemoteIpAddress is { } peer
        && IPAddress.IsLoopback(peer)
        && ForwardedFor(request).All(hop => IPAddress.TryParse(hop, out var address) && IPAddress.IsLoopback(address))
        && !request.Headers.ContainsKey("Forwarded")
        && IsOwnName(request.Host.Host);

    private static IEnumerable<string> ForwardedFor(HttpRequest request) =>
        request.Headers["X-Forwarded-For"].SelectMany(h => (h ?? string.Empty).Split(',', StringSplitOptions.TrimEntries));

    private static bool IsSameHost(Uri origin, HttpRequest request) =>
        request.Host.HasValue
        && string.Equals(origin.Host, request.Host.Host, StringComparison.OrdinalIgnoreCase)
        && origin.Port == (request.Host.Port ?? (origin.Scheme == "https" ? 443 : 80));

    private static bool IsSameOrigin(Uri a, Uri b) =>
        a.Scheme == b.Scheme && string.Equals(a.Host, b.Host, StringComparison.OrdinalIgnoreCase) && a.Port == b.Port;

    private bool IsOwnName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address))
        || (publicUrl is not null && host.Equals(publicUrl.Host, StringComparison.OrdinalIgnoreCase));
}
