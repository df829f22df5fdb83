namespace MeetOperator.Sdp.Negotiation;

/// <summary>A track that a player may receive, with the codec of its publisher.</summary>
public sealed record PlayableTrack
{
    public required string Kind { get; init; }
    public required RtpCodec Codec { get; init; }
    public required OfferedTrack Track { get; init; }
}
