namespace MeetOperator.Sdp.Negotiation;

/// <summary>The codecs that the media node supports, and the selection of one from an offer. Pure functions.</summary>
internal static class CodecSelection
{
    private static readonly string[] SupportedVideo = ["VP8", "VP9", "H264", "AV1"];
    private static readonly string[] SupportedFeedback = ["nack", "nack pli", "ccm fir", "transport-cc"];

    /// <summary>
    /// Selects the codec for a section, or null when none is supported. <paramref name="preference"/> (codec names) takes precedence over
    /// the order of the offer. An empty list keeps the client's order, which <c>setCodecPreferences</c> controls in a browser.
    /// </summary>
    public static RtpCodec? Choose(string kind, IReadOnlyList<RtpCodec> offered, IReadOnlyList<string> preference)
    {
        RtpCodec? best = null;
        var bestRank = int.MaxValue;
        for (var i = 0; i < offered.Count; i++)
        {
            var codec = offered[i];
            if (!IsSupported(kind, codec))
            {
                continue;
            }

            var preferred = IndexOf(preference, codec.Name);
            var rank = ((preferred < 0 ? preference.Count : preferred) * 1000) + (H264Rank(codec) * 200) + i;
            if (rank < bestRank)
            {
                (best, bestRank) = (codec, rank);
            }
        }

        return best is null ? null : best with { Feedback = [.. best.Feedback.Where(f => SupportedFeedback.Contains(f))] };
    }

    /// <summary>Finds the candidate that can decode the stream of <paramref name="codec"/>, or null.</summary>
    public static RtpCodec? Match(RtpCodec codec, IReadOnlyList<RtpCodec> candidates)
    {
        RtpCodec? close = null;
        foreach (var candidate in candidates)
        {
            if (!candidate.Is(codec.Name) || candidate.ClockRate != codec.ClockRate || candidate.Channels != codec.Channels)
            {
                continue;
            }

            if (!codec.Is("H264"))
            {
                if (Profile(candidate) == Profile(codec))
                {
                    return candidate;
                }
            }
            else if (H264Profile.FromCodec(codec) is { } profile && H264Profile.PacketizationMode(candidate) == H264Profile.PacketizationMode(codec))
            {
                if (H264Profile.FromCodec(candidate) == profile)
                {
                    return candidate;
                }

                // Decoders of higher profiles also decode constrained baseline.
                close ??= profile.IsBaseline ? candidate : null;
            }
        }

        return close;
    }

    private static bool IsSupported(string kind, RtpCodec codec) => kind switch
    {
        "audio" => codec.Is("opus") && codec.ClockRate == 48000,
        "video" => codec.ClockRate == 90000 && IndexOf(SupportedVideo, codec.Name) >= 0
            && (!(codec.Is("VP9") || codec.Is("AV1")) || Profile(codec) == "0")
            && (!codec.Is("H264") || H264Profile.FromCodec(codec) is not null),
        _ => false,
    };

    private static string Profile(RtpCodec codec) => codec.Parameter("profile-id") ?? codec.Parameter("profile") ?? "0";

    /// <summary>Prefers constrained baseline in packetization mode 1, which every browser decodes.</summary>
    private static int H264Rank(RtpCodec codec) => H264Profile.FromCodec(codec) switch
    {
        null => 0,
        _ when H264Profile.PacketizationMode(codec) == "0" => 3,
        { IsConstrainedBaseline: true } => 0,
        { IsBaseline: true } => 1,
        _ => 2,
    };

    private static int IndexOf(IReadOnlyList<string> names, string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (string.Equals(names[i], name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }
}
