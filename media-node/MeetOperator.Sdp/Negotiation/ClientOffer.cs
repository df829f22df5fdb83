namespace MeetOperator.Sdp.Negotiation;

/// <summary>The rules that every offer of a client must keep, whether it publishes or plays.</summary>
internal static class ClientOffer
{
    /// <summary>Whether the section takes part at all: its peer has not stopped it and the node knows its kind.</summary>
    public static bool IsUsable(MediaSection section) =>
        section.Kind is "audio" or "video" && section.Mid is not null && section.Protocol.EndsWith("RTP/SAVPF", StringComparison.Ordinal)
        && (section.Port != 0 || section.Has("bundle-only"));

    /// <summary>Whether one- and two-byte header extensions may stand in one stream (RFC 8285 §6); said for all sections.</summary>
    public static bool AllowsMixedExtensions(SessionDescription offer) => offer.Attributes.Any(a => a.Name == "extmap-allow-mixed");

    /// <summary>As above, said for one section.</summary>
    public static bool AllowsMixedExtensions(MediaSection section) => section.Has("extmap-allow-mixed");

    public static SdpError? Problem(SessionDescription offer)
    {
        if (offer.Sections.Count == 0)
        {
            return new SdpError(0, "the offer has no m= section.");
        }

        var bundled = offer.BundledMids;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < offer.Sections.Count; i++)
        {
            var section = offer.Sections[i];
            if (section.Mid is { } used && !seen.Add(used))
            {
                return new SdpError(0, $"a=mid:{used} is used by two sections.");
            }

            if (section.Kind is not ("audio" or "video") || (section.Port == 0 && !section.Has("bundle-only")))
            {
                continue;
            }

            if (section.Mid is not { Length: > 0 and <= 64 } mid)
            {
                return new SdpError(0, $"section {i} ({section.Kind}) has no a=mid of 1 to 64 characters.");
            }

            if (!section.RtcpMux)
            {
                return new SdpError(0, $"section {mid} has no a=rtcp-mux, which the node needs.");
            }

            if (offer.Sections.Count > 1 && !bundled.Contains(mid))
            {
                return new SdpError(0, $"section {mid} is not in a=group:BUNDLE; the node uses one transport for all sections.");
            }
        }

        return null;
    }
}
