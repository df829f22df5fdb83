namespace MeetOperator.Sdp.Negotiation;

/// <summary>The identifiers, in a media section, of a track that the media node sends.</summary>
public sealed record OfferedTrack
{
    public required string StreamId { get; init; }
    public required string TrackId { get; init; }

    /// <summary>The CNAME. All tracks of one participant share it, so that receivers synchronize them.</summary>
    public required string Cname { get; init; }
    public required SsrcPair Ssrcs { get; init; }
}
