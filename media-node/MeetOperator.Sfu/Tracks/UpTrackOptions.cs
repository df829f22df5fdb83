using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;

namespace MeetOperator.Sfu.Tracks;

/// <summary>What was negotiated with a publisher for one track.</summary>
public sealed record UpTrackOptions
{
    /// <summary>The media section; a renegotiation finds the track again by it.</summary>
    public required string Mid { get; init; }
    public required MediaKind Kind { get; init; }
    public required TrackSource Source { get; init; }

    /// <summary>By which key frames are recognised; of no meaning for audio.</summary>
    public VideoCodec Codec { get; init; }
    public required int ClockRate { get; init; }
    public required byte PayloadType { get; init; }

    /// <summary>Payload type of retransmissions (RFC 4588), or null.</summary>
    public byte? RtxPayloadType { get; init; }
    public required HeaderExtensionMap Extensions { get; init; }

    /// <summary>SSRC that the offer announced; else it is learnt from the mid extension or the payload type.</summary>
    public uint? Ssrc { get; init; }
    public uint? RtxSsrc { get; init; }

    /// <summary>The publisher answers generic NACKs.</summary>
    public bool Nack { get; init; }
}
