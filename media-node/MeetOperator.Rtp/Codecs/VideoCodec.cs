namespace MeetOperator.Rtp.Codecs;

/// <summary>The video codecs whose payloads we can read far enough to forward them.</summary>
public enum VideoCodec : byte
{
    Unknown,
    Vp8,
    Vp9,
    H264,
    Av1,
}
