namespace MeetOperator.Rtp.Codecs;

/// <summary>Detects packets at which a decoder can start.</summary>
public static class KeyFrame
{
    /// <summary>True for the first packet of a key frame; always false for unknown codecs.</summary>
    public static bool StartsIn(VideoCodec codec, ReadOnlySpan<byte> payload) => codec switch
    {
        VideoCodec.Vp8 => Vp8Descriptor.TryParse(payload, out var descriptor) && descriptor.StartsKeyFrame,
        VideoCodec.Vp9 => Vp9Descriptor.TryParse(payload, out var descriptor) && descriptor.StartsKeyFrame,
        VideoCodec.H264 => H264Payload.TryParse(payload, out var content) && content.StartsKeyFrame,
        VideoCodec.Av1 => Av1AggregationHeader.TryParse(payload, out var header) && header.StartsKeyFrame,
        _ => false,
    };
}
