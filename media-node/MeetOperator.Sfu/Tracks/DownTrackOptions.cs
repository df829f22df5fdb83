using MeetOperator.Rtp.HeaderExtensions;

namespace MeetOperator.Sfu.Tracks;

/// <summary>The negotiated parameters of one track to a subscriber.</summary>
public sealed record DownTrackOptions
{
    public required uint Ssrc { get; init; }
    public required byte PayloadType { get; init; }

    /// <summary>SSRC of retransmissions (RFC 4588), or null.</summary>
    public uint? RtxSsrc { get; init; }
    public byte? RtxPayloadType { get; init; }

    /// <summary>Payload type of redundant audio (RFC 2198), or null.</summary>
    public byte? RedPayloadType { get; init; }

    /// <summary>Whether the subscriber sends NACKs. Without RTX, the track keeps the encrypted packets and sends them again unchanged.</summary>
    public bool Nack { get; init; }
    public required HeaderExtensionMap Extensions { get; init; }

    /// <summary>First sequence number. It must be random (RFC 3550 §5.1).</summary>
    public required ushort FirstSequenceNumber { get; init; }

    /// <summary>Whether the stream carries other sources later, so that the end of a source does not end it for the subscriber.</summary>
    public bool OutlivesSource { get; init; }

    /// <summary>The only layer to send, by its index in the layers of the source; null for the one that suits the subscriber.</summary>
    public int? Layer { get; init; }

    /// <summary>Whether the packets stay on this media node, because the subscriber is another loop of it.</summary>
    public bool StaysOnNode { get; init; }

    /// <summary>CNAME in sender reports; the same for all tracks of one participant.</summary>
    public required string Cname { get; init; }
}
