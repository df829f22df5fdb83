namespace MeetOperator.Sdp.Negotiation;

/// <summary>Validation rules for every client offer, for publishing and for playback.</summary>
internal static class ClientOffer
{
    /// <summary>Whether the section can be negotiated: its kind and protocol are supported and the client has not stopped it.</summary>
    public static bool IsUsable(MediaSection section) =>
        section.Kind is "audio" or "video" && section.Mid is not null && section.Protocol.EndsWith("RTP/SAVPF", StringComparison.Ordinal)
        && (section.Port != 0 || section.Has("bundle-only"));

    /// <summary>Whether the session allows a mix of one-byte and two-byte header extensions in one stream (RFC 8285 §6).</summary>
    public static bool AllowsMixedExtensions(SessionDescription offer) => offer.Attributes.Any(a => a.Name == "extmap-allow-mixed");

    /// <summary>Whether the section allows a mix of one-byte and two-byte header extensions in one stream (RFC 8285 §6).</summary>
    public static bool AllowsMixedExtensions(MediaSection section) => section.Has("extmap-allow-mixed");

    /// <summary>Returns the first violated rule, or null when the offer is valid.</summary>
    public static SdpError? Validate(SessionDescription offer)
    {
        if (offer.Sections.Count == 0)
        {
            return new SdpError(0, "the offer has no m= sections.");
        }

        var bundled = offer.BundledMids;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < offer.Sections.Count; i++)
        {
            var section = offer.Sections[i];
            if (section.Mid is { } used && !seen.Add(used))
            {
                return new SdpError(0, $"two sections use a=mid:{used}; each section needs its own.");
            }

            if (section.Kind is not ("audio" or "video") || (section.Port == 0 && !section.Has("bundle-only")))
            {
                continue;
            }

            if (section.Mid is not { Length: > 0 and <= 64 } mid)
            {
                return new SdpError(0, $"section {i} ({section.Kind}) needs an a=mid of 1 to 64 characters.");
            }

            if (!section.HasRtcpMux)
            {
                return new SdpError(0, $"section {mid} has no a=rtcp-mux, which the media node requires.");
            }

            if (offer.Sections.Count > 1 && !bundled.Contains(mid))
            {
                return new SdpError(0, $"section {mid} is not in a=group:BUNDLE; the media node uses one transport for all sections.");
            }
        }

        return null;
    }
}
