using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Meetings;

/// <summary>The reason why one media node, or one pool, was rejected for a meeting.</summary>
public sealed record PlacementRejection
{
    /// <summary>Name of the rejected SfuNode or SfuPool. Written by the operator.</summary>
    [MaxLength(253)]
    public required string Candidate { get; init; }

    /// <summary>Human-readable reason, with the relevant figures. Written by the operator.</summary>
    [MaxLength(512)]
    public required string Reason { get; init; }
}
