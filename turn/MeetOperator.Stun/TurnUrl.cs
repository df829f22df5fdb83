using System.Globalization;
using System.Net;

namespace MeetOperator.Stun;

/// <summary>A TURN URL (RFC 7065) with a port.</summary>
/// <param name="Host">Name or address of the relay, without brackets.</param>
/// <param name="Port">Its port.</param>
/// <param name="Transport">How to reach it.</param>
public sealed record TurnUrl(string Host, int Port, StunTransport Transport)
{
    /// <summary>The address, if the host is one; otherwise null.</summary>
    public IPAddress? Address => IPAddress.TryParse(Host, out var address) ? address : null;

    /// <summary>Reads a URL; null when it is none.</summary>
    public static TurnUrl? Parse(string text)
    {
        var isTls = text.StartsWith("turns:", StringComparison.Ordinal);
        if (!isTls && !text.StartsWith("turn:", StringComparison.Ordinal))
        {
            return null;
        }

        var rest = text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
        var query = rest.IndexOf('?', StringComparison.Ordinal);
        var (place, transport) = query < 0 ? (rest, string.Empty) : (rest[..query], rest[(query + 1)..]);
        var colon = place.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(place[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? new TurnUrl(place[..colon].Trim('[', ']'), port, isTls ? StunTransport.Tls : transport == "transport=tcp" ? StunTransport.Tcp : StunTransport.Udp)
            : null;
    }
}
