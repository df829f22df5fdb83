namespace MeetOperator.Sdp.Negotiation;

/// <summary>A track that a player may be given, with the codec in which its publisher sends.</summary>
public sealed record PlayableTrack
{
    public required string Kind { get; init; }
    public required RtpCodec Codec { get; init; }
    public required OfferedTrack Track { get; init; }
}
