using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.Sfu.Tracks;

/// <summary>The negotiated parameters of one track from a publisher.</summary>
public sealed record UpTrackOptions
{
    /// <summary>The media section, which identifies the track in a renegotiation.</summary>
    public required string Mid { get; init; }
    public required MediaKind Kind { get; init; }

    /// <summary>The codec for key frame detection; ignored for audio.</summary>
    public VideoCodec Codec { get; init; }

    /// <summary>Whether the frames are encrypted end to end. Key frames are then recognized by the dependency descriptor only.</summary>
    public bool IsEncrypted { get; init; }
    public required int ClockRate { get; init; }
    public required byte PayloadType { get; init; }

    /// <summary>Payload type of retransmissions (RFC 4588), or null.</summary>
    public byte? RtxPayloadType { get; init; }

    /// <summary>Payload type of redundant audio (RFC 2198), or null.</summary>
    public byte? RedPayloadType { get; init; }
    public required HeaderExtensionMap Extensions { get; init; }

    /// <summary>Whether a link between media nodes carries the track. Each layer then crosses only on request, all SSRCs are known, and the other node announces sizes, rates and speech.</summary>
    public bool IsRelayed { get; init; }

    /// <summary>Whether the publisher answers generic NACKs.</summary>
    public bool Nack { get; init; }

    /// <summary>Whether the publisher answers reference times, with which the media node measures the round trip (RFC 3611 §4.4).</summary>
    public bool ReferenceTime { get; init; }

    /// <summary>The layers, as far as known from the lowest quality to the highest. There is at least one. Their number and RIDs do not change during the life of the track.</summary>
    public required IReadOnlyList<UpLayerOptions> Layers { get; init; }

    internal LayerFormat Format => new()
    {
        IsVideo = Kind == MediaKind.Video,
        Codec = Codec,
        IsEncrypted = IsEncrypted,
        ClockRate = ClockRate,
        Nack = Nack,
    };
}
