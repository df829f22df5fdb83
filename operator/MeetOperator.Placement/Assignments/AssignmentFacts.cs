namespace MeetOperator.Placement.Assignments;

/// <summary>What is known about a meeting on one of its media nodes at the time of a decision.</summary>
public sealed record AssignmentFacts
{
    public static readonly AssignmentFacts None = new();

    /// <summary>The node has confirmed the room.</summary>
    public bool HasRoom { get; init; }

    /// <summary>The room is linked with the room on every Ready node of the meeting, according to the reports of both ends.</summary>
    public bool IsLinked { get; init; }

    /// <summary>The node has been Preparing for too long.</summary>
    public bool IsOverdue { get; init; }

    /// <summary>The node has been Ready for so short a time that the meeting does not give it up yet.</summary>
    public bool IsFresh { get; init; }

    /// <summary>A report that was begun after the node became Leaving names no participant and no session.</summary>
    public bool IsEmpty { get; init; }

    /// <summary>The deadline of a Leaving node has passed.</summary>
    public bool IsPastDeadline { get; init; }

    /// <summary>The highest number of connected participants in the reports of a Leaving node shortly before its deadline, when signaling ends the sessions of those that cannot move.</summary>
    public int LateParticipants { get; init; }
}
