using MeetOperator.Contracts;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling;

/// <summary>Addresses that clients are told.</summary>
public sealed class Urls(Uri? publicUrl)
{
    public string JoinUrl(HttpRequest request, string meetingId) => MeetingId.JoinUrl(publicUrl?.ToString() ?? $"{request.Scheme}://{request.Host}", meetingId);

    /// <summary>
    /// On the public URL for a page that came from there, whatever a proxy made of the Host header; else on the host that was called, so that it is also
    /// right behind a port forward or a Service's address. Encrypted when the call was, or when that host is the public one and its URL is https.
    /// </summary>
    public string WebSocketUrl(HttpRequest request, string meetingId, string code)
    {
        if (publicUrl is not null && request.Headers.Origin is [{ } origin] && origin == publicUrl.GetLeftPart(UriPartial.Authority))
        {
            return $"{(publicUrl.Scheme == "https" ? "wss" : "ws")}://{publicUrl.Authority}/meetings/{meetingId}?code={code}";
        }

        var isPublic = publicUrl is not null && string.Equals(publicUrl.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
        var scheme = request.IsHttps || (isPublic && publicUrl!.Scheme == "https") ? "wss" : "ws";
        return $"{scheme}://{request.Host}/meetings/{meetingId}?code={code}";
    }
}
