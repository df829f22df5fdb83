namespace MeetOperator.Sdp.Negotiation;

/// <summary>
/// Opus stereo (RFC 7587 §6.1): a sender announces it with <c>sprop-stereo</c>, a receiver requests it with <c>stereo</c>. Mono is the
/// default for both.
/// </summary>
internal static class OpusStereo
{
    private const string SenderParameter = "sprop-stereo";
    private const string ReceiverParameter = "stereo";

    /// <summary>Whether the publisher can send stereo. Either parameter counts: browsers send stereo when the answer repeats their own <c>stereo</c>.</summary>
    public static bool IsSentBy(RtpCodec codec) => codec.Is("opus") && (codec.Parameter(SenderParameter) == "1" || codec.Parameter(ReceiverParameter) == "1");

    /// <summary>Adds the stereo request for a publisher that can send stereo.</summary>
    public static RtpCodec AddRequest(RtpCodec codec) => IsSentBy(codec) ? With(codec, ReceiverParameter) : codec;

    /// <summary>Adds the stereo announcement for a receiver when <paramref name="source"/> sends stereo, and removes it otherwise.</summary>
    public static RtpCodec SetAnnouncement(RtpCodec codec, RtpCodec source) =>
        IsSentBy(source) ? With(codec, SenderParameter) : Without(codec, SenderParameter);

    private static RtpCodec With(RtpCodec codec, string key) => codec.Parameter(key) == "1" ? codec : Add(Without(codec, key), $"{key}=1");

    private static RtpCodec Add(RtpCodec codec, string parameter) =>
        codec with { Parameters = string.IsNullOrEmpty(codec.Parameters) ? parameter : $"{codec.Parameters};{parameter}" };

    private static RtpCodec Without(RtpCodec codec, string key) => codec.Parameter(key) is null
        ? codec
        : codec with { Parameters = string.Join(';', codec.Parameters!.Split(';', StringSplitOptions.TrimEntries).Where(p => !p.StartsWith(key + "=", StringComparison.OrdinalIgnoreCase))) };
}
