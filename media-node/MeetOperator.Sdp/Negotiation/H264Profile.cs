using System.Globalization;

namespace MeetOperator.Sdp.Negotiation;

/// <summary>
/// A profile of H.264 as <c>profile-level-id</c> writes it. Several spellings mean one profile (RFC 6184 §8.1, table 5), so 42c01f and 42e01f are the
/// same; the level plays no part in whether a stream can be decoded where asymmetric levels are allowed, as every browser does.
/// </summary>
internal readonly record struct H264Profile(string Name, string ProfileIop)
{
    /// <summary>What is meant when the parameter is absent (RFC 6184 §8.1).</summary>
    private const string Default = "420010";

    private static readonly H264Profile ConstrainedBaseline = new("constrained-baseline", "42e0");
    private static readonly H264Profile Baseline = new("baseline", "4200");
    private static readonly H264Profile Main = new("main", "4d00");
    private static readonly H264Profile Extended = new("extended", "5800");
    private static readonly H264Profile High = new("high", "6400");
    private static readonly H264Profile ConstrainedHigh = new("constrained-high", "640c");

    /// <summary>profile_idc, the bits of profile-iop that count, their values.</summary>
    private static readonly (int Idc, int Mask, int Bits, H264Profile Profile)[] Spellings =
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

    /// <summary>Every decoder of a browser plays it.</summary>
    public bool IsBaseline => this == ConstrainedBaseline || this == Baseline;

    /// <summary>The one spelling that the node writes: level 3.1, as browsers do whatever they send.</summary>
    public string ProfileLevelId => ProfileIop + "1f";

    /// <summary>Null for a profile that the node does not carry, and for what is none.</summary>
    public static H264Profile? Of(RtpCodec codec)
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
        foreach (var spelling in Spellings)
        {
            if (spelling.Idc == idc && (iop & spelling.Mask) == spelling.Bits)
            {
                return spelling.Profile;
            }
        }

        return null;
    }

    public static string PacketizationMode(RtpCodec codec) => codec.Parameter("packetization-mode") ?? "0";
}
