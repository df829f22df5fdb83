namespace MeetOperator.Signaling.Media;

/// <summary>
/// Reads the session ID in the <c>o=</c> line of an SDP (RFC 8866 §5.2). It is constant for the lifetime of a peer connection and different for each one.
/// </summary>
internal static class SdpOrigin
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
