using MeetOperator.Rtp.Codecs;

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
}
