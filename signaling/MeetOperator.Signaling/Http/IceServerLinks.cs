using MeetOperator.Signaling.Protocol.Server;
using Microsoft.Extensions.Primitives;

namespace MeetOperator.Signaling.Http;

/// <summary>Writes ICE servers as Link headers, for clients of WHIP and WHEP (RFC 9725 §4.6). Pure.</summary>
internal static class IceServerLinks
{
    /// <summary>One link for each URL. No part of a credential needs to be escaped: URLs, digits, hashes and base64.</summary>
    public static StringValues Of(IReadOnlyList<IceServer> servers) => new(
        [.. servers.SelectMany(server => server.Urls.Select(url => server.Credential is null
            ? $"<{url}>; rel=\"ice-server\""
            : $"<{url}>; rel=\"ice-server\"; username=\"{server.Username}\"; credential=\"{server.Credential}\"; credential-type=\"password\""))]);
}
