namespace MeetOperator.Sdp.Negotiation;

/// <summary>A track that the node sends, as it stands in a section.</summary>
public sealed record OfferedTrack
{
    public required string StreamId { get; init; }
    public required string TrackId { get; init; }

    /// <summary>The same for all tracks of one participant, so that a player keeps them in sync.</summary>
    public required string Cname { get; init; }
    public required SsrcPair Ssrcs { get; init; }
}
