namespace MeetOperator.Sdp.Negotiation;

/// <summary>Which codecs the node carries, and how one is chosen from an offer. Pure.</summary>
public static class CodecSelection
{
    private static readonly string[] CarriedVideo = ["VP8", "VP9", "H264", "AV1"];
    private static readonly string[] CarriedFeedback = ["nack", "nack pli", "ccm fir", "transport-cc"];

    /// <summary>
    /// The one codec to use for a section, or null. <paramref name="preference"/> (names) goes before the order of the offer; an empty one
    /// leaves the order to the peer, so that a client chooses with <c>setCodecPreferences</c>.
    /// </summary>
    public static RtpCodec? Choose(string kind, IReadOnlyList<RtpCodec> offered, IReadOnlyList<string> preference)
    {
        RtpCodec? best = null;
        var bestRank = int.MaxValue;
        for (var i = 0; i < offered.Count; i++)
        {
            var codec = offered[i];
            if (!IsCarried(kind, codec))
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

        return best is null ? null : best with { Feedback = [.. best.Feedback.Where(f => CarriedFeedback.Contains(f))] };
    }

    /// <summary>Finds in <paramref name="candidates"/> the codec that can carry what <paramref name="codec"/> carries.</summary>
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
            else if (H264Profile.Of(codec) is { } profile && H264Profile.PacketizationMode(candidate) == H264Profile.PacketizationMode(codec))
            {
                if (H264Profile.Of(candidate) == profile)
                {
                    return candidate;
                }

                // A decoder of a higher profile plays constrained baseline as well.
                close ??= profile.IsBaseline ? candidate : null;
            }
        }

        return close;
    }

    private static bool IsCarried(string kind, RtpCodec codec) => kind switch
    {
        "audio" => codec.Is("opus") && codec.ClockRate == 48000,
        "video" => codec.ClockRate == 90000 && IndexOf(CarriedVideo, codec.Name) >= 0
            && (!(codec.Is("VP9") || codec.Is("AV1")) || Profile(codec) == "0")
            && (!codec.Is("H264") || H264Profile.Of(codec) is not null),
        _ => false,
    };

    private static string Profile(RtpCodec codec) => codec.Parameter("profile-id") ?? codec.Parameter("profile") ?? "0";

    /// <summary>Constrained baseline in mode 1 is what every browser decodes.</summary>
    private static int H264Rank(RtpCodec codec) => H264Profile.Of(codec) switch
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
