namespace MeetOperator.Sdp.Negotiation;

/// <summary>
/// Assigns each codec one payload type in a subscriber's session. In a bundle, a payload type must identify the same codec with the same
/// parameters in every section (RFC 9143 §10.1.2), although publishers choose different ones. Not thread-safe.
/// </summary>
public sealed class PayloadTypeAllocator
{
    private readonly Dictionary<(string Name, string Parameters), RtpCodec> _allocated = [];
    private readonly HashSet<int> _used = [];

    /// <summary>The codec to offer for a published codec, or null when the codec is not supported or all payload types are in use.</summary>
    public RtpCodec? Allocate(RtpCodec published)
    {
        if (Canonicalize(published) is not { } offered)
        {
            return null;
        }

        var key = (offered.Name, offered.Parameters ?? "");
        if (_allocated.TryGetValue(key, out var known))
        {
            return known;
        }

        if (Reserve(offered.PayloadType) is not { } payloadType)
        {
            return null;
        }

        var rtx = offered.RtxPayloadType is { } preferred ? Reserve(preferred) : null;
        var red = offered.RedPayloadType is { } preferredRed ? Reserve(preferredRed) : null;
        return _allocated[key] = offered with { PayloadType = payloadType, RtxPayloadType = rtx, RedPayloadType = red };
    }

    /// <summary>Whether subscribers receive both codecs with the same payload type, so that a track can change from one to the other without a new offer.</summary>
    public static bool HaveSameOffer(RtpCodec first, RtpCodec second) =>
        Canonicalize(first) is { } a && Canonicalize(second) is { } b && (a.Name, a.Parameters) == (b.Name, b.Parameters);

    private int? Reserve(int preferred)
    {
        if (_used.Add(preferred))
        {
            return preferred;
        }

        // Dynamic payload types: 96-127 first, then 35-63. RFC 5761 §4 reserves 64-95 for RTCP.
        for (var i = 0; i < 32 + 29; i++)
        {
            var candidate = i < 32 ? 96 + i : 35 + i - 32;
            if (_used.Add(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>
    /// Replaces the publisher's parameters with canonical ones, so that a session needs few payload types: two for Opus, one for each video
    /// codec, and one for each H.264 profile and packetization mode.
    /// </summary>
    private static RtpCodec? Canonicalize(RtpCodec published)
    {
        string[] video = ["nack", "nack pli", "ccm fir", "transport-cc", "goog-remb"];
        return published.Name.ToUpperInvariant() switch
        {
            "OPUS" => new RtpCodec
            {
                PayloadType = 111,
                RedPayloadType = 63,
                Name = "opus",
                ClockRate = 48000,
                Channels = 2,
                Feedback = ["transport-cc"],
                Parameters = OpusStereo.IsSentBy(published) ? "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1" : "minptime=10;useinbandfec=1",
            },
            "VP8" => new RtpCodec { PayloadType = 96, RtxPayloadType = 97, Name = "VP8", ClockRate = 90000, Feedback = video },
            "VP9" => new RtpCodec { PayloadType = 98, RtxPayloadType = 99, Name = "VP9", ClockRate = 90000, Feedback = video, Parameters = "profile-id=0" },
            "AV1" => new RtpCodec { PayloadType = 45, RtxPayloadType = 46, Name = "AV1", ClockRate = 90000, Feedback = video, Parameters = "level-idx=5;profile=0;tier=0" },
            _ when H264Profile.FromCodec(published) is { } profile => new RtpCodec
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
