using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Meetings;

/// <summary>A media node that a meeting has moved away from while participants remained there.</summary>
public sealed record FormerNode
{
    /// <summary>Name of the SfuNode. Written by the operator.</summary>
    [MaxLength(253)]
    public required string SfuNode { get; init; }

    /// <summary>Namespace of the SfuNode, which may be the namespace of a shared pool. Written by the operator.</summary>
    [MaxLength(63)]
    public required string Namespace { get; init; }

    /// <summary>Generation of the room on that node. Written by the operator.</summary>
    [Range(0, 9_007_199_254_740_991)]
    public long Generation { get; init; }
}
