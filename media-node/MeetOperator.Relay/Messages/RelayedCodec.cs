namespace MeetOperator.Relay.Messages;

/// <summary>The codec of a relayed track.</summary>
public sealed record RelayedCodec
{
    /// <summary>The encoding name, such as "opus" or "VP8".</summary>
    public required string Name { get; init; }

    /// <summary>The RTP clock in Hz.</summary>
    public required uint ClockRate { get; init; }

    /// <summary>The number of audio channels; 0 for video.</summary>
    public byte Channels { get; init; }

    /// <summary>The payload type in the link, 0 to 127.</summary>
    public required byte PayloadType { get; init; }

    /// <summary>The payload type of retransmissions (RFC 4588), or null.</summary>
    public byte? RtxPayloadType { get; init; }

    /// <summary>The payload type of redundant audio (RFC 2198), or null.</summary>
    public byte? RedPayloadType { get; init; }

    /// <summary>The format parameters, as in an SDP fmtp attribute; may be empty.</summary>
    public string FormatParameters { get; init; } = string.Empty;
}
