namespace MeetOperator.Sdp;

/// <summary>One codec of a media section with its payload type.</summary>
public sealed record RtpCodec
{
    public required int PayloadType { get; init; }

    /// <summary>Encoding name as written, for example <c>VP8</c> or <c>opus</c>. Comparisons ignore case.</summary>
    public required string Name { get; init; }
    public required int ClockRate { get; init; }

    /// <summary>Number of audio channels; 1 when <c>a=rtpmap</c> has no channel count.</summary>
    public int Channels { get; init; } = 1;

    /// <summary>The format parameters in <c>a=fmtp</c>, or null.</summary>
    public string? Parameters { get; init; }

    /// <summary>Payload type of the codec's retransmissions (RFC 4588), or null.</summary>
    public int? RtxPayloadType { get; init; }

    /// <summary>Payload type of the codec as redundant audio (RFC 2198), or null.</summary>
    public int? RedPayloadType { get; init; }

    /// <summary>Whether the section lists redundant audio before the codec itself, which browsers read as: send it.</summary>
    public bool PrefersRed { get; init; }

    /// <summary>Values of <c>a=rtcp-fb</c>, for example <c>nack pli</c>.</summary>
    public IReadOnlyList<string> Feedback { get; init; } = [];

    public bool Is(string name) => string.Equals(Name, name, StringComparison.OrdinalIgnoreCase);

    /// <summary>The value of one <c>key=value</c> pair in <see cref="Parameters"/>, or null.</summary>
    public string? Parameter(string key)
    {
        foreach (var part in (Parameters ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=');
            if (equals > 0 && part.AsSpan(0, equals).Equals(key, StringComparison.OrdinalIgnoreCase))
            {
                return part[(equals + 1)..];
            }
        }

        return null;
    }
}
