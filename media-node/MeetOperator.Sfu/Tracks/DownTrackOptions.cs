using MeetOperator.Rtp.HeaderExtensions;

namespace MeetOperator.Sfu.Tracks;

/// <summary>What a subscriber agreed to for one track.</summary>
public sealed record DownTrackOptions
{
    public required uint Ssrc { get; init; }
    public required byte PayloadType { get; init; }

    /// <summary>SSRC and payload type of retransmissions (RFC 4588).</summary>
    public uint? RtxSsrc { get; init; }
    public byte? RtxPayloadType { get; init; }

    /// <summary>The subscriber asks for lost packets. Without RTX they are sent again as they were, for which they are kept.</summary>
    public bool Nack { get; init; }
    public required HeaderExtensionMap Extensions { get; init; }

    /// <summary>First sequence number; random, so that it tells nothing (RFC 3550 §5.1).</summary>
    public required ushort FirstSequenceNumber { get; init; }

    /// <summary>CNAME in sender reports; the same for all tracks of one participant.</summary>
    public required string Cname { get; init; }
}
