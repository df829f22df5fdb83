namespace MeetOperator.Sfu.Forwarding;

/// <summary>Tells the first packet of a key frame from the payload, as each codec's RTP format describes it. Never throws, whatever the bytes.</summary>
internal static class KeyFrameDetector
{
    public static bool StartsKeyFrame(string codec, ReadOnlySpan<byte> payload) => codec switch
    {
        "VP8" => Vp8(payload),
        "VP9" => Vp9(payload),
        "H264" => H264(payload),
        "AV1" => Av1(payload),
        _ => false,
    };

    /// <summary>RFC 7741 §4.2 and §4.3: start of partition 0, and the inverse key frame flag of the payload header.</summary>
    private static bool Vp8(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty || (payload[0] & 0x17) != 0x10)
        {
            return false;
        }

        var at = 1;
        if ((payload[0] & 0x80) != 0)
        {
            if (payload.Length < 2)
            {
                return false;
            }

            var flags = payload[at++];
            if ((flags & 0x80) != 0)
            {
                if (payload.Length <= at)
                {
                    return false;
                }

                at += (payload[at] & 0x80) != 0 ? 2 : 1;
            }

            at += (flags & 0x40) != 0 ? 1 : 0;
            at += (flags & 0x30) != 0 ? 1 : 0;
        }

        return payload.Length > at && (payload[at] & 0x01) == 0;
    }

    /// <summary>RFC 9628 §4.2: not inter-picture predicted, begin of a frame, lowest spatial layer.</summary>
    private static bool Vp9(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty || (payload[0] & 0x48) != 0x08)
        {
            return false;
        }

        var at = 1;
        if ((payload[0] & 0x80) != 0)
        {
            if (payload.Length <= at)
            {
                return false;
            }

            at += (payload[at] & 0x80) != 0 ? 2 : 1;
        }

        return (payload[0] & 0x20) == 0 || (payload.Length > at && (payload[at] & 0x0E) == 0);
    }

    /// <summary>RFC 6184 §5: an SPS or an IDR slice, alone, aggregated (STAP-A) or as the first fragment (FU-A).</summary>
    private static bool H264(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
        {
            return false;
        }

        switch (payload[0] & 0x1F)
        {
            case 5 or 7:
                return true;
            case 24:
                for (var at = 1; at + 2 < payload.Length;)
                {
                    if ((payload[at + 2] & 0x1F) is 5 or 7)
                    {
                        return true;
                    }

                    at += 2 + ((payload[at] << 8) | payload[at + 1]);
                }

                return false;
            case 28:
                return payload.Length > 1 && (payload[1] & 0x80) != 0 && (payload[1] & 0x1F) is 5 or 7;
            default:
                return false;
        }
    }

    /// <summary>AV1 RTP §4.4: the N bit says that a coded video sequence begins.</summary>
    private static bool Av1(ReadOnlySpan<byte> payload) => !payload.IsEmpty && (payload[0] & 0x88) == 0x08;
}
