using System.Diagnostics.CodeAnalysis;

namespace MeetOperator.Sdp.Negotiation;

/// <summary>The peer's side of a bundled transport.</summary>
public sealed record RemoteTransport
{
    private const int MaxFingerprints = 16;

    public required string Ufrag { get; init; }
    public required string Password { get; init; }

    /// <summary>
    /// Values of all <c>a=fingerprint</c> lines, for example <c>sha-256 12:AB:…</c>. They may be hashes of one or of several certificates
    /// (RFC 8122 §5).
    /// </summary>
    public required IReadOnlyList<string> Fingerprints { get; init; }

    /// <summary>Reads the first usable section. Attributes that it lacks come from the session level (RFC 8866 §5.13).</summary>
    public static bool TryRead(SessionDescription description, bool isAnswer, [NotNullWhen(true)] out RemoteTransport? transport, [NotNullWhen(false)] out SdpError? error)
    {
        transport = null;
        var section = FindTransportSection(description);
        string? Find(string name) => section?.Value(name) ?? description.Value(name);

        var fingerprints = section?.Values("fingerprint").ToList() is { Count: > 0 } own ? own : description.Values("fingerprint").ToList();
        var setup = Find("setup") ?? (isAnswer ? "active" : "actpass");
        error = (Find("ice-ufrag"), Find("ice-pwd")) switch
        {
            (null, _) => new SdpError(0, "a=ice-ufrag is missing."),
            (_, null) => new SdpError(0, "a=ice-pwd is missing."),
            ({ Length: < 4 or > 256 }, _) => new SdpError(0, "a=ice-ufrag must have 4 to 256 characters."),
            (_, { Length: < 22 or > 256 }) => new SdpError(0, "a=ice-pwd must have 22 to 256 characters."),
            _ when !fingerprints.Exists(f => f.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 2) => new SdpError(0, "a=fingerprint:<hash> <value> is missing."),
            _ when fingerprints.Count > MaxFingerprints => new SdpError(0, $"the description has more than {MaxFingerprints} a=fingerprint lines."),
            _ when setup is not ("active" or "actpass") => new SdpError(0, $"a=setup:{setup} is not supported: the media node is the DTLS server, so the client must use active or actpass."),
            _ => null,
        };
        if (error is not null)
        {
            return false;
        }

        transport = new RemoteTransport
        {
            Ufrag = Find("ice-ufrag")!,
            Password = Find("ice-pwd")!,
            Fingerprints = fingerprints,
        };
        return true;
    }

    private static MediaSection? FindTransportSection(SessionDescription description)
    {
        foreach (var section in description.Sections)
        {
            if (section.Value("ice-ufrag") is not null && (section.Port != 0 || section.Has("bundle-only")))
            {
                return section;
            }
        }

        return description.Sections.Count > 0 ? description.Sections[0] : null;
    }
}
