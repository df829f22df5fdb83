namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>The URIs that identify the extensions in SDP (<c>a=extmap</c>).</summary>
public static class HeaderExtensionUris
{
    private static readonly string[] Uris =
    [
        "",
        "urn:ietf:params:rtp-hdrext:sdes:mid",
        "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "urn:3gpp:video-orientation",
        "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
        "urn:ietf:params:rtp-hdrext:toffset",
        "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type",
        "http://www.webrtc.org/experiments/rtp-hdrext/color-space",
        "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00",
    ];

    /// <summary>The kind that a URI identifies, or <see cref="HeaderExtensionKind.Unknown"/>.</summary>
    public static HeaderExtensionKind KindOf(string uri)
    {
        var index = uri.Length == 0 ? 0 : Array.IndexOf(Uris, uri);
        return index < 0 ? HeaderExtensionKind.Unknown : (HeaderExtensionKind)index;
    }
}
