using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>A meeting on one media node.</summary>
public sealed record MeetingAssignment
{
    /// <summary>Name of the SfuNode that carries the meeting; one entry a node. Written by the operator.</summary>
    [MaxLength(253)]
    public required string SfuNode { get; init; }

    /// <summary>Namespace of the SfuNode, which may be that of a shared pool. Written by the operator.</summary>
    [MaxLength(63)]
    public required string Namespace { get; init; }

    /// <summary>Region of the media node as its pool says; absent when the pool names none.</summary>
    [MaxLength(63)]
    public string? Region { get; init; }

    /// <summary>What the node is for the meeting; Origin is the node that people publish to.</summary>
    public AssignmentRole Role { get; init; }

    /// <summary>Ready when the room exists on the node, Lost when the node is gone.</summary>
    public AssignmentState State { get; init; }

    /// <summary>Number of people of the meeting on this node as it counts them; at most 5 s old.</summary>
    public int Participants { get; init; }

    /// <summary>Fencing number, raised by one at each new placement; nodes refuse a lower one.</summary>
    [Range(1, 9_007_199_254_740_991)]
    public long Generation { get; init; }
}
