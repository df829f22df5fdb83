using MeetOperator.Contracts.Meetings;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>Builds the URLs in responses to clients.</summary>
internal sealed class Urls(Uri? publicUrl)
{
    public string JoinUrl(HttpRequest request, string meetingId) => MeetingId.JoinUrl(publicUrl?.ToString() ?? $"{request.Scheme}://{request.Host}", meetingId);

    public string WebSocketUrl(HttpRequest request, string meetingId, string code) => $"{WebSocketOrigin(request)}/meetings/{meetingId}?code={code}";

    /// <summary>The URL of the tunnel of a network check.</summary>
    public string CheckTunnelUrl(HttpRequest request, string meetingId, string checkId) => $"{WebSocketOrigin(request)}/meetings/{meetingId}/tunnel?check={Uri.EscapeDataString(checkId)}";

    /// <summary>
    /// Uses the public URL if the request comes from a page on the public URL, because a proxy may have changed the Host header. Otherwise uses the called host, so
    /// that the URL also works through a port forward or a Service address. The scheme is wss if the request used TLS, or if the called host is the public host
    /// and the public URL uses https.
    /// </summary>
    private string WebSocketOrigin(HttpRequest request)
    {
        if (publicUrl is not null && request.Headers.Origin is [{ } origin] && origin == publicUrl.GetLeftPart(UriPartial.Authority))
        {
            return $"{(publicUrl.Scheme == "https" ? "wss" : "ws")}://{publicUrl.Authority}";
        }

        var isPublic = publicUrl is not null && string.Equals(publicUrl.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
        var scheme = request.IsHttps || (isPublic && publicUrl!.Scheme == "https") ? "wss" : "ws";
        return $"{scheme}://{request.Host}";
    }
}
