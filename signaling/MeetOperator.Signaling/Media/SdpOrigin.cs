namespace MeetOperator.Signaling;

/// <summary>The session id in an SDP's <c>o=</c> line (RFC 8866 §5.2): it stays the same over a peer connection's life and differs from one to another.</summary>
public static class SdpOrigin
{
    public static string? Of(string sdp)
    {
        foreach (var line in sdp.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("o=", StringComparison.Ordinal))
            {
                var fields = line[2..].ToString().Split(' ', 3);
                return fields.Length == 3 ? fields[1] : null;
            }

            if (line.StartsWith("m=", StringComparison.Ordinal))
            {
                break;
            }
        }

        return null;
    }
}
