namespace MeetOperator.Sdp;

/// <summary>Caps that hold for every session description read from a peer.</summary>
public static class SdpLimits
{
    /// <summary>Longest text accepted, in characters. Chromium writes about 240,000 for the tracks of a hundred people.</summary>
    public const int MaxCharacters = 384 * 1024;

    /// <summary>Most lines accepted; Chromium writes about 60 a video section.</summary>
    public const int MaxLines = 20_000;

    /// <summary>Longest single line, in characters.</summary>
    public const int MaxLineCharacters = 4_096;

    /// <summary>Most media sections accepted.</summary>
    public const int MaxSections = 512;
}
