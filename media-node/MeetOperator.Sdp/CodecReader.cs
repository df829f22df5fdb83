using System.Globalization;

namespace MeetOperator.Sdp;

/// <summary>Builds the codecs of a section from its <c>rtpmap</c>, <c>fmtp</c> and <c>rtcp-fb</c> attributes.</summary>
internal static class CodecReader
{
    /// <summary>Maximum number of <c>a=rtcp-fb</c> values for one codec. Browsers send at most six.</summary>
    private const int MaxFeedback = 32;

    public static IReadOnlyList<RtpCodec> Read(MediaSection section)
    {
        var maps = IndexByPayloadType(section.Values("rtpmap"));
        var parameters = IndexByPayloadType(section.Values("fmtp"));
        var feedback = ReadFeedback(section, maps.Keys);
        var seen = new HashSet<int>();
        var codecs = new List<RtpCodec>();
        var repairs = new Dictionary<int, int>();
        var redundant = new Dictionary<int, (int PayloadType, bool IsFirst)>();
        foreach (var format in section.Formats)
        {
            if (!TryParsePayloadType(format, out var payloadType) || !seen.Add(payloadType)
                || !maps.TryGetValue(payloadType, out var map) || ParseCodec(payloadType, map) is not { } codec)
            {
                continue;
            }

            codec = codec with
            {
                Parameters = parameters.GetValueOrDefault(payloadType),
                Feedback = feedback[payloadType],
            };
            if (codec.Is("red") && RedOf(codec.Parameters) is { } repeated)
            {
                redundant.TryAdd(repeated, (payloadType, !seen.Contains(repeated)));
            }
            else if (!codec.Is("rtx"))
            {
                codecs.Add(codec);
            }
            else if (TryParsePayloadType(codec.Parameter("apt") ?? "", out var repaired))
            {
                repairs.TryAdd(repaired, payloadType);
            }
        }

        for (var i = 0; i < codecs.Count; i++)
        {
            if (repairs.TryGetValue(codecs[i].PayloadType, out var rtx))
            {
                codecs[i] = codecs[i] with { RtxPayloadType = rtx };
            }

            if (redundant.TryGetValue(codecs[i].PayloadType, out var red))
            {
                codecs[i] = codecs[i] with { RedPayloadType = red.PayloadType, PrefersRed = red.IsFirst };
            }
        }

        return codecs;
    }

    /// <summary>The payload type that redundant audio repeats: the first of <c>a=fmtp:63 111/111</c> (RFC 2198 §5). Null when the frames may have different codecs.</summary>
    private static int? RedOf(string? parameters)
    {
        var parts = (parameters ?? "").Split('/');
        return parts.Length >= 2 && parts.All(p => p == parts[0]) && TryParsePayloadType(parts[0], out var payloadType) ? payloadType : null;
    }

    private static RtpCodec? ParseCodec(int payloadType, string map)
    {
        var parts = map.Split('/');
        if (parts.Length < 2 || parts[0].Length == 0
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var clockRate) || clockRate is < 1 or > 1_000_000)
        {
            return null;
        }

        var channels = parts.Length > 2 && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is >= 1 and <= 32 ? n : 1;
        return new RtpCodec { PayloadType = payloadType, Name = parts[0], ClockRate = clockRate, Channels = channels };
    }

    private static Dictionary<int, string> IndexByPayloadType(IEnumerable<string> values)
    {
        var found = new Dictionary<int, string>();
        foreach (var value in values)
        {
            var space = value.IndexOf(' ');
            if (space > 0 && TryParsePayloadType(value.AsSpan(0, space), out var payloadType))
            {
                found.TryAdd(payloadType, value[(space + 1)..].Trim());
            }
        }

        return found;
    }

    /// <summary>The feedback values of each payload type in the order of the lines. Wildcard lines (<c>*</c>) apply to every payload type.</summary>
    private static Dictionary<int, List<string>> ReadFeedback(MediaSection section, IEnumerable<int> payloadTypes)
    {
        var found = payloadTypes.ToDictionary(p => p, _ => new List<string>());
        var wildcards = 0;
        foreach (var value in section.Values("rtcp-fb"))
        {
            var space = value.IndexOf(' ');
            if (space > 0 && value.AsSpan(0, space) is "*")
            {
                // After this many wildcard lines every list is full.
                if (wildcards++ < MaxFeedback)
                {
                    foreach (var list in found.Values)
                    {
                        Add(list, value[(space + 1)..]);
                    }
                }
            }
            else if (space > 0 && TryParsePayloadType(value.AsSpan(0, space), out var of) && found.TryGetValue(of, out var list))
            {
                Add(list, value[(space + 1)..]);
            }
        }

        return found;
    }

    private static void Add(List<string> feedback, string value)
    {
        if (feedback.Count < MaxFeedback)
        {
            feedback.Add(value.Trim());
        }
    }

    private static bool TryParsePayloadType(ReadOnlySpan<char> text, out int payloadType) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out payloadType) && payloadType is >= 0 and <= 127;
}
