using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling;

/// <summary>
/// Headers of every answer. The page loads nothing from elsewhere, makes no markup or script of strings, and is framed by nobody; ids in its address leak
/// through no Referer, and no cache keeps an answer that does not say itself that it may.
/// </summary>
public sealed class SecurityHeaders(Uri? publicUrl)
{
    private readonly string contentSecurityPolicy = Policy(publicUrl);

    public void Apply(HttpResponse response)
    {
        var headers = response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = contentSecurityPolicy;
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
        // 'self' covers WebSockets of the same host in today's browsers; the public URL is named for those that are older.
        var sockets = publicUrl is null ? string.Empty : $" {(publicUrl.Scheme == "https" ? "wss" : "ws")}://{publicUrl.Authority}";
        return "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: mediastream:; "
            + $"connect-src 'self'{sockets}; worker-src 'self' blob:; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
    }
}
