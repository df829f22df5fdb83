namespace MeetOperator.Sdp.Negotiation;

/// <summary>One section of an offer that the node makes. <see cref="Track"/> null makes it inactive.</summary>
public sealed record OfferedSection
{
    public required string Mid { get; init; }
    public required string Kind { get; init; }
    public required RtpCodec Codec { get; init; }
    public OfferedTrack? Track { get; init; }
}
