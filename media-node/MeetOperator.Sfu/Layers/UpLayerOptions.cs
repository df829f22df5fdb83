using MeetOperator.Rtp.Codecs;

namespace MeetOperator.Sfu.Layers;

/// <summary>The negotiated parameters of one layer.</summary>
internal sealed record UpLayerOptions
{
    /// <summary>Video has key frames, and its packets are kept for retransmission.</summary>
    public required bool IsVideo { get; init; }

    /// <summary>The codec for key frame detection; ignored for audio.</summary>
    public required VideoCodec Codec { get; init; }
    public required int ClockRate { get; init; }

    /// <summary>Whether the publisher answers generic NACKs.</summary>
    public required bool Nack { get; init; }

    /// <summary>The SSRC in the offer. When null, a received packet assigns it.</summary>
    public required uint? Ssrc { get; init; }
    public required uint? RtxSsrc { get; init; }
}
