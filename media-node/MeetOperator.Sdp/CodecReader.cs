using System.Globalization;

namespace MeetOperator.Sdp;

/// <summary>Reads <c>rtpmap</c>, <c>fmtp</c> and <c>rtcp-fb</c> of a section into codecs.</summary>
internal static class CodecReader
{
    /// <summary>Values of <c>a=rtcp-fb</c> that are read for one codec; browsers write six.</summary>
    private const int MaxFeedback = 32;

    public static IReadOnlyList<RtpCodec> Read(MediaSection section)
    {
        var maps = ByPayloadType(section.Values("rtpmap"));
        var parameters = ByPayloadType(section.Values("fmtp"));
        var feedback = Feedback(section, maps.Keys);
        var seen = new HashSet<int>();
        var codecs = new List<RtpCodec>();
        var repairs = new Dictionary<int, int>();
        foreach (var format in section.Formats)
        {
            if (!TryPayloadType(format, out var payloadType) || !seen.Add(payloadType)
                || !maps.TryGetValue(payloadType, out var map) || Codec(payloadType, map) is not { } codec)
            {
                continue;
            }

            codec = codec with
            {
                Parameters = parameters.GetValueOrDefault(payloadType),
                Feedback = feedback[payloadType],
            };
            if (!codec.Is("rtx"))
            {
                codecs.Add(codec);
            }
            else if (TryPayloadType(codec.Parameter("apt") ?? "", out var repaired))
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
        }

        return codecs;
    }

    private static RtpCodec? Codec(int payloadType, string map)
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

    private static Dictionary<int, string> ByPayloadType(IEnumerable<string> values)
    {
        var found = new Dictionary<int, string>();
        foreach (var value in values)
        {
            var space = value.IndexOf(' ');
            if (space > 0 && TryPayloadType(value.AsSpan(0, space), out var payloadType))
            {
                found.TryAdd(payloadType, value[(space + 1)..].Trim());
            }
        }

        return found;
    }

    /// <summary>The lines of each payload type in their order, with those of all codecs (<c>*</c>) among them.</summary>
    private static Dictionary<int, List<string>> Feedback(MediaSection section, IEnumerable<int> payloadTypes)
    {
        var found = payloadTypes.ToDictionary(p => p, _ => new List<string>());
        var ofAll = 0;
        foreach (var value in section.Values("rtcp-fb"))
        {
            var space = value.IndexOf(' ');
            if (space > 0 && value.AsSpan(0, space) is "*")
            {
                // Each codec has its share filled by so many, however many more there are.
                if (ofAll++ < MaxFeedback)
                {
                    foreach (var list in found.Values)
                    {
                        Add(list, value[(space + 1)..]);
                    }
                }
            }
            else if (space > 0 && TryPayloadType(value.AsSpan(0, space), out var of) && found.TryGetValue(of, out var list))
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

    private static bool TryPayloadType(ReadOnlySpan<char> text, out int payloadType) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out payloadType) && payloadType is >= 0 and <= 127;
}
