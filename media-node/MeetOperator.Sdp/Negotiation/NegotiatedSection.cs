namespace MeetOperator.Sdp.Negotiation;

/// <summary>What was agreed for one media section.</summary>
public sealed record NegotiatedSection
{
    public required string Mid { get; init; }
    public required string Kind { get; init; }

    /// <summary>Media flows: the section was accepted and its sender sends.</summary>
    public required bool Active { get; init; }

    /// <summary>The codec agreed on under the peer's payload type; null when the section was rejected.</summary>
    public RtpCodec? Codec { get; init; }
    public IReadOnlyList<HeaderExtension> Extensions { get; init; } = [];

    /// <summary>SSRCs that the peer announced, if it did.</summary>
    public SsrcPair? Ssrcs { get; init; }
}
