namespace MeetOperator.Sdp.Negotiation;

/// <summary>
/// Gives each codec one payload type within a subscriber's session: in a bundle the same number must mean the same codec with the same
/// parameters in every section (RFC 9143 §10.1.2), whatever its publishers use.
/// </summary>
public sealed class PayloadTypeAllocator
{
    private readonly Dictionary<(string Name, string Parameters), RtpCodec> _given = [];
    private readonly HashSet<int> _taken = [];

    /// <summary>The codec to offer for what a publisher sends, or null when the node does not carry it or all payload types are taken.</summary>
    public RtpCodec? Allocate(RtpCodec published)
    {
        if (Canonical(published) is not { } offered)
        {
            return null;
        }

        var key = (offered.Name, offered.Parameters ?? "");
        if (_given.TryGetValue(key, out var known))
        {
            return known;
        }

        if (Take(offered.PayloadType) is not { } payloadType)
        {
            return null;
        }

        var rtx = offered.RtxPayloadType is { } preferred ? Take(preferred) : null;
        return _given[key] = offered with { PayloadType = payloadType, RtxPayloadType = rtx };
    }

    private int? Take(int preferred)
    {
        if (_taken.Add(preferred))
        {
            return preferred;
        }

        // 96-127 first, then 35-63 (RFC 5761 keeps 64-95 for RTCP).
        for (var i = 0; i < 32 + 29; i++)
        {
            var candidate = i < 32 ? 96 + i : 35 + i - 32;
            if (_taken.Add(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>
    /// One spelling for whatever a publisher writes, so that few payload types do for everybody: two of Opus, one of each video codec, and one of each
    /// profile and mode of H.264.
    /// </summary>
    private static RtpCodec? Canonical(RtpCodec published)
    {
        string[] video = ["nack", "nack pli", "ccm fir"];
        return published.Name.ToUpperInvariant() switch
        {
            "OPUS" => new RtpCodec
            {
                PayloadType = 111,
                Name = "opus",
                ClockRate = 48000,
                Channels = 2,
                Parameters = OpusStereo.IsSentBy(published) ? "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1" : "minptime=10;useinbandfec=1",
            },
            "VP8" => new RtpCodec { PayloadType = 96, RtxPayloadType = 97, Name = "VP8", ClockRate = 90000, Feedback = video },
            "VP9" => new RtpCodec { PayloadType = 98, RtxPayloadType = 99, Name = "VP9", ClockRate = 90000, Feedback = video, Parameters = "profile-id=0" },
            "AV1" => new RtpCodec { PayloadType = 45, RtxPayloadType = 46, Name = "AV1", ClockRate = 90000, Feedback = video, Parameters = "level-idx=5;profile=0;tier=0" },
            _ when H264Profile.Of(published) is { } profile => new RtpCodec
            {
                PayloadType = 102,
                RtxPayloadType = 103,
                Name = "H264",
                ClockRate = 90000,
                Feedback = video,
                Parameters = $"level-asymmetry-allowed=1;packetization-mode={H264Profile.PacketizationMode(published)};profile-level-id={profile.ProfileLevelId}",
            },
            _ => null,
        };
    }
}
