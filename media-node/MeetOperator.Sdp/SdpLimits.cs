namespace MeetOperator.Sdp;

/// <summary>Limits for session descriptions from a peer.</summary>
public static class SdpLimits
{
    /// <summary>Maximum length of a description in characters. Chromium writes about 240,000 for the tracks of a hundred participants.</summary>
    public const int MaxCharacters = 384 * 1024;

    /// <summary>Maximum number of lines. Chromium writes about 60 for each video section.</summary>
    public const int MaxLines = 20_000;

    /// <summary>Maximum length of a line in characters.</summary>
    public const int MaxLineCharacters = 4_096;

    /// <summary>Maximum number of media sections.</summary>
    public const int MaxSections = 512;

    /// <summary>Maximum number of simulcast layers of a section. Browsers send at most three.</summary>
    public const int MaxLayers = 3;

    /// <summary>Maximum length of a RID: what a one-byte header extension can carry.</summary>
    public const int MaxRidCharacters = 16;
}
