using System.Globalization;

namespace MeetOperator.Sdp.Negotiation;

/// <summary>
/// An H.264 profile from <c>profile-level-id</c>. Several values identify the same profile (RFC 6184 §8.1, table 5); for example, 42c01f
/// and 42e01f are equal. The level is ignored: every browser allows asymmetric levels, so it does not decide whether a stream can be decoded.
/// </summary>
internal readonly record struct H264Profile(string ProfileIop)
{
    /// <summary>The value that applies when the parameter is absent (RFC 6184 §8.1).</summary>
    private const string Default = "420010";

    private static readonly H264Profile ConstrainedBaseline = new("42e0");
    private static readonly H264Profile Baseline = new("4200");
    private static readonly H264Profile Main = new("4d00");
    private static readonly H264Profile Extended = new("5800");
    private static readonly H264Profile High = new("6400");
    private static readonly H264Profile ConstrainedHigh = new("640c");

    /// <summary>profile_idc, the mask of the relevant profile-iop bits, and their values (RFC 6184 §8.1, table 5).</summary>
    private static readonly (int Idc, int Mask, int Bits, H264Profile Profile)[] Patterns =
    [
        (0x42, 0x4F, 0x40, ConstrainedBaseline),
        (0x4D, 0x8F, 0x80, ConstrainedBaseline),
        (0x58, 0xCF, 0xC0, ConstrainedBaseline),
        (0x42, 0x4F, 0x00, Baseline),
        (0x58, 0xCF, 0x80, Baseline),
        (0x4D, 0xAF, 0x00, Main),
        (0x58, 0xCF, 0x00, Extended),
        (0x64, 0xFF, 0x00, High),
        (0x64, 0xFF, 0x0C, ConstrainedHigh),
    ];

    public bool IsConstrainedBaseline => this == ConstrainedBaseline;

    /// <summary>Whether every browser can decode the profile.</summary>
    public bool IsBaseline => this == ConstrainedBaseline || this == Baseline;

    /// <summary>The value that the media node writes. The level is 3.1, which browsers announce regardless of what they send.</summary>
    public string ProfileLevelId => ProfileIop + "1f";

    /// <summary>The profile of a codec, or null for other codecs and for unsupported or malformed parameters.</summary>
    public static H264Profile? FromCodec(RtpCodec codec)
    {
        if (!codec.Is("H264") || PacketizationMode(codec) is not ("0" or "1"))
        {
            return null;
        }

        var text = codec.Parameter("profile-level-id") ?? Default;
        if (text.Length != 6 || !int.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id))
        {
            return null;
        }

        var (idc, iop) = (id >> 16, (id >> 8) & 0xFF);
        foreach (var pattern in Patterns)
        {
            if (pattern.Idc == idc && (iop & pattern.Mask) == pattern.Bits)
            {
                return pattern.Profile;
            }
        }

        return null;
    }

    public static string PacketizationMode(RtpCodec codec) => codec.Parameter("packetization-mode") ?? "0";
}
