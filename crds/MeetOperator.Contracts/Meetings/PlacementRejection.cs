using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>Why one media node, or one pool, could not take a meeting.</summary>
public sealed record PlacementRejection
{
    /// <summary>Name of the SfuNode or SfuPool that was turned down. Written by the operator.</summary>
    [MaxLength(253)]
    public required string Candidate { get; init; }

    /// <summary>The reason in words, with the figures that led to it. Written by the operator.</summary>
    [MaxLength(512)]
    public required string Reason { get; init; }
}
