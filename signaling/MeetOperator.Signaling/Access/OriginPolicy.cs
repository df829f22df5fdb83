using System.Net;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling;

/// <summary>Which pages may talk to this server from a browser, and which callers count as local.</summary>
public sealed class OriginPolicy(Uri? publicUrl)
{
    /// <summary>
    /// Programs send no Origin and are judged by their credentials; a page must come from the host that it calls or from the public URL.
    /// WebSockets need this check because browsers do not apply CORS to them.
    /// </summary>
    public bool Allows(HttpRequest request)
    {
        var origins = request.Headers.Origin;
        if (origins.Count == 0)
        {
            return true;
        }

        return origins is [{ } text]
            && Uri.TryCreate(text, UriKind.Absolute, out var origin)
            && origin.Scheme is "http" or "https"
            && (SameHost(origin, request) || (publicUrl is not null && Same(origin, publicUrl)));
    }

    /// <summary>
    /// The raw peer is on this machine, every hop that a proxy names is too, and the name that was called is one of this machine: a page of
    /// another site whose name was rebound to 127.0.0.1 calls that other name.
    /// </summary>
    public bool IsLocal(HttpRequest request) =>
        request.HttpContext.Connection.RemoteIpAddress is { } peer
        && IPAddress.IsLoopback(peer)
        && ForwardedFor(request).All(hop => IPAddress.TryParse(hop, out var address) && IPAddress.IsLoopback(address))
        && !request.Headers.ContainsKey("Forwarded")
        && IsOwnName(request.Host.Host);

    private static IEnumerable<string> ForwardedFor(HttpRequest request) =>
        request.Headers["X-Forwarded-For"].SelectMany(h => (h ?? string.Empty).Split(',', StringSplitOptions.TrimEntries));

    private static bool SameHost(Uri origin, HttpRequest request) =>
        request.Host.HasValue
        && string.Equals(origin.Host, request.Host.Host, StringComparison.OrdinalIgnoreCase)
        && origin.Port == (request.Host.Port ?? (origin.Scheme == "https" ? 443 : 80));

    private static bool Same(Uri a, Uri b) =>
        a.Scheme == b.Scheme && string.Equals(a.Host, b.Host, StringComparison.OrdinalIgnoreCase) && a.Port == b.Port;

    private bool IsOwnName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address))
        || (publicUrl is not null && host.Equals(publicUrl.Host, StringComparison.OrdinalIgnoreCase));
}
