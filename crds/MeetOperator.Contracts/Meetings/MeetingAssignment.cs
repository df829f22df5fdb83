using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Meetings;

/// <summary>The assignment of a meeting to one media node.</summary>
public sealed record MeetingAssignment
{
    /// <summary>Name of the SfuNode that carries the meeting; each SfuNode appears at most once. Written by the operator.</summary>
    [MaxLength(253)]
    public required string SfuNode { get; init; }

    /// <summary>Namespace of the SfuNode, which may be the namespace of a shared pool. Written by the operator.</summary>
    [MaxLength(63)]
    public required string Namespace { get; init; }

    /// <summary>Region of the media node's pool; absent if the pool has none.</summary>
    [MaxLength(63)]
    public string? Region { get; init; }

    /// <summary>Role of the node for the meeting. Origin is the node that participants publish to.</summary>
    public AssignmentRole Role { get; init; }

    /// <summary>Ready when the room exists on the node, Lost when the node has failed or been deleted.</summary>
    public AssignmentState State { get; init; }

    /// <summary>Number of the meeting's participants on this node; at most 5 s old.</summary>
    public int Participants { get; init; }

    /// <summary>Fencing number, incremented with each placement. Media nodes reject lower numbers.</summary>
    [Range(1, 9_007_199_254_740_991)]
    public long Generation { get; init; }
}
