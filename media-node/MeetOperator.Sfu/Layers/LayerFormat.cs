using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;

namespace MeetOperator.Sfu.Layers;

/// <summary>The negotiated parameters that all layers of a track share.</summary>
internal sealed record LayerFormat
{
    /// <summary>Video has key frames, and its packets are kept for retransmission.</summary>
    public required bool IsVideo { get; init; }

    /// <summary>The codec for key frame detection; ignored for audio.</summary>
    public required VideoCodec Codec { get; init; }

    /// <summary>Whether the frames are encrypted end to end, so that payloads show neither key frames nor sizes.</summary>
    public bool IsEncrypted { get; init; }
    public required int ClockRate { get; init; }

    /// <summary>Whether the publisher answers generic NACKs.</summary>
    public required bool Nack { get; init; }

    /// <summary>Whether a packet of video is the first one of a key frame.</summary>
    /// <param name="descriptor">The dependency descriptor; empty for none.</param>
    /// <param name="payload">The payload, which is not read when it is encrypted.</param>
    public bool StartsKeyFrame(ReadOnlySpan<byte> descriptor, ReadOnlySpan<byte> payload) =>
        DependencyDescriptor.TryParse(descriptor, out var described) ? described.StartsKeyFrame : KeyFrame.StartsIn(IsEncrypted ? VideoCodec.Unknown : Codec, payload);
}
