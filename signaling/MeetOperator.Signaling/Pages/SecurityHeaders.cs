using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Pages;

/// <summary>
/// The security headers of every response. The page loads no resources from other origins, creates no markup or script from strings, and cannot be framed. The
/// Referer header does not leak meeting IDs, and responses are not cached unless they set Cache-Control themselves.
/// </summary>
internal sealed class SecurityHeaders(Uri? publicUrl)
{
    private readonly string _contentSecurityPolicy = Policy(publicUrl);

    public void Apply(HttpResponse response)
    {
        var headers = response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = _contentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), geolocation=(), payment=(), usb=()";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (publicUrl?.Scheme == "https")
        {
            headers.StrictTransportSecurity = "max-age=31536000";
        }
    }

    private static string Policy(Uri? publicUrl)
    {
        // The page's default policy admits only its own workers. 'wasm-unsafe-eval' lets the page compile WebAssembly of its own origin: the noise filter and the background of the camera.
        // In current browsers, 'self' includes WebSockets of the same host. Older browsers need the explicit public URL.
        var sockets = publicUrl is null ? string.Empty : $" {(publicUrl.Scheme == "https" ? "wss" : "ws")}://{publicUrl.Authority}";
        return "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: mediastream:; "
            + $"connect-src 'self'{sockets}; worker-src 'self' blob:; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default";
    }
}
