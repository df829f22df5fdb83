namespace MeetOperator.Placement.Assignments;

/// <summary>The state of a meeting on one media node.</summary>
public enum NodeAssignmentState
{
    /// <summary>The node is chosen, but has not confirmed the room yet, or, beside another node, the rooms are not linked yet.</summary>
    Preparing,

    /// <summary>The node has the room. Participants may use it.</summary>
    Ready,

    /// <summary>The room still exists, but participants are moving to another node.</summary>
    Leaving,

    /// <summary>The node is running but has lost the room.</summary>
    Lost,
}
