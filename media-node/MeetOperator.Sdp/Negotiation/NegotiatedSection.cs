namespace MeetOperator.Sdp.Negotiation;

/// <summary>The result of the negotiation of one media section.</summary>
public sealed record NegotiatedSection
{
    public required string Mid { get; init; }
    public required string Kind { get; init; }

    /// <summary>Whether media flows: the section was accepted and its sender is active.</summary>
    public required bool IsActive { get; init; }

    /// <summary>The negotiated codec with the peer's payload type; null when the section was rejected.</summary>
    public RtpCodec? Codec { get; init; }

    /// <summary>In the answer to an offer of the media node: for each offered codec the accepted one with the peer's payload type, or null. Otherwise empty.</summary>
    public IReadOnlyList<RtpCodec?> AcceptedCodecs { get; init; } = [];

    /// <summary>Whether the receiver of the media may measure the round trip with reference times (RFC 3611 §4.4).</summary>
    public bool AllowsReferenceTime { get; init; }
    public IReadOnlyList<HeaderExtension> Extensions { get; init; } = [];

    /// <summary>The RIDs of the simulcast layers that the peer sends, in its order; empty when it sends one stream without a RID.</summary>
    public IReadOnlyList<string> Layers { get; init; } = [];

    /// <summary>The SSRCs that the peer announced, or null.</summary>
    public SsrcPair? Ssrcs { get; init; }
}
