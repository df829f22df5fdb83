namespace MeetOperator.Rtp.Codecs;

/// <summary>The video codecs with payload headers that the parsers support.</summary>
public enum VideoCodec : byte
{
    Unknown,
    Vp8,
    Vp9,
    H264,
    Av1,
}
