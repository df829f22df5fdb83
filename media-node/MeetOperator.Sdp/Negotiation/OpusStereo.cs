namespace MeetOperator.Sdp.Negotiation;

/// <summary>Stereo of Opus (RFC 7587 §6.1): a sender announces it with <c>sprop-stereo</c>, a receiver asks for it with <c>stereo</c>; mono is the default of both.</summary>
internal static class OpusStereo
{
    private const string Announcement = "sprop-stereo";
    private const string Wish = "stereo";

    /// <summary>A publisher that says either: browsers send stereo to whoever echoes their own wish.</summary>
    public static bool IsSentBy(RtpCodec codec) => codec.Is("opus") && (codec.Parameter(Announcement) == "1" || codec.Parameter(Wish) == "1");

    /// <summary>Asks a publisher that has stereo for it.</summary>
    public static RtpCodec Wanted(RtpCodec codec) => IsSentBy(codec) ? With(codec, Wish) : codec;

    /// <summary>Announces stereo to a receiver when <paramref name="source"/> sends it, and only then.</summary>
    public static RtpCodec Announced(RtpCodec codec, RtpCodec source) => IsSentBy(source) ? With(codec, Announcement) : Without(codec, Announcement);

    private static RtpCodec With(RtpCodec codec, string key) => codec.Parameter(key) == "1" ? codec : Add(Without(codec, key), $"{key}=1");

    private static RtpCodec Add(RtpCodec codec, string parameter) =>
        codec with { Parameters = string.IsNullOrEmpty(codec.Parameters) ? parameter : $"{codec.Parameters};{parameter}" };

    private static RtpCodec Without(RtpCodec codec, string key) => codec.Parameter(key) is null
        ? codec
        : codec with { Parameters = string.Join(';', codec.Parameters!.Split(';', StringSplitOptions.TrimEntries).Where(p => !p.StartsWith(key + "=", StringComparison.OrdinalIgnoreCase))) };
}
