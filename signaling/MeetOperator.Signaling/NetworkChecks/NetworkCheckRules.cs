using MeetOperator.NodeControl;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>Validates the bodies of network checks. Every error names the field and the valid values. Pure.</summary>
internal static class NetworkCheckRules
{
    /// <summary>UDP and TCP, each over IPv4 and IPv6, and two relays, each over UDP, TCP and TLS, and a tunnel: eleven, and room for more.</summary>
    internal const int MaxRungs = 16;

    /// <summary>An offer of a browser for one microphone and one camera has 8 KB.</summary>
    internal const int MaxSdpLength = 64 * 1024;

    private const int MaxNameLength = 32;

    public static void Check(NetworkCheckRequest request)
    {
        if (request.Region is { } region && (region.Length is 0 or > ParticipantSpec.MaxRegionLength || !PlainText.IsCleanLine(region)))
        {
            throw ProblemException.Invalid("region", $"must be one line of 1 to {ParticipantSpec.MaxRegionLength} characters without control characters. Leave it out if it is unknown.");
        }
    }

    /// <summary>The name of a connection becomes the ID of a participant in the room of the check.</summary>
    public static void CheckName(string name)
    {
        if (name.Length is 0 or > MaxNameLength || !name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
        {
            throw ProblemException.Invalid("name", $"must have 1 to {MaxNameLength} lower-case letters, digits and hyphens.");
        }
    }

    public static string CheckSdp(CheckConnection body) => body.Sdp is { Length: <= MaxSdpLength } sdp && SdpText.IsPlausible(sdp) && SdpText.HasMedia(sdp)
        ? sdp
        : throw ProblemException.Invalid("sdp", $"must be an SDP offer of at most {MaxSdpLength} characters that starts with 'v=0' and has at least one media section.");

    public static IReadOnlyList<(PathKind Path, CheckFamily Family, CheckOutcome Outcome)> Read(NetworkCheckResult result)
    {
        if (result.Rungs is not { Count: <= MaxRungs } rungs)
        {
            throw ProblemException.Invalid("rungs", $"must be a list of at most {MaxRungs} entries.");
        }

        return [.. rungs.Select(Read)];
    }

    private static (PathKind Path, CheckFamily Family, CheckOutcome Outcome) Read(CheckedRung rung, int index) =>
        !WireName.TryParse<PathKind>(rung.Path, out var path) || path is PathKind.P2p or PathKind.None
            ? throw ProblemException.Invalid($"rungs[{index}].path", "must be udp, tcp, relay-udp, relay-tcp, relay-tls or tunnel.")
            : !WireName.TryParse<CheckFamily>(rung.Family, out var family) ? throw ProblemException.Invalid($"rungs[{index}].family", "must be ipv4, ipv6 or unknown.")
            : !WireName.TryParse<CheckOutcome>(rung.Result, out var outcome) ? throw ProblemException.Invalid($"rungs[{index}].result", "must be connected or failed.")
            : (path, family, outcome);
}
