using MeetOperator.Contracts.Meetings;

namespace MeetOperator.Placement.Assignments;

/// <summary>
/// The assignment of a meeting to one media node. <see cref="Namespace"/> and <see cref="SfuNode"/> identify it: a meeting has at most one assignment to a node.
/// </summary>
public sealed record NodeAssignment
{
    public required string Namespace { get; init; }
    public required string SfuNode { get; init; }
    public string? Region { get; init; }
    public AssignmentRole Role { get; init; }
    public NodeAssignmentState State { get; init; }

    /// <summary>Fencing number. It changes only when the node gets a new room for the meeting.</summary>
    public required long Generation { get; init; }

    /// <summary>The reason why the node rejected the room, or null. A rejected meeting is placed on another node.</summary>
    public string? RoomRejection { get; init; }

    /// <summary>The time until which participants may stay on a Leaving node; null in other states.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Number of the meeting's participants on the node, from its last report.</summary>
    public int Participants { get; init; }

    /// <summary>Number of participants that a further node was chosen for, while it is being prepared; null when it is to take all those of the origin.</summary>
    public int? Reserved { get; init; }

    /// <summary>What a further node was chosen for.</summary>
    public NodeNeed Need { get; init; }
    public AssignmentFacts Facts { get; init; } = AssignmentFacts.None;
}
