namespace MeetOperator.Sdp.Negotiation;

/// <summary>One section of an offer from the media node. A null <see cref="Track"/> makes the section inactive.</summary>
public sealed record OfferedSection
{
    public required string Mid { get; init; }
    public required string Kind { get; init; }

    /// <summary>At least one. The sender may change from one to another at any time without a new offer.</summary>
    public required IReadOnlyList<RtpCodec> Codecs { get; init; }
    public OfferedTrack? Track { get; init; }
}
