namespace MeetOperator.Contracts.Meetings;

/// <summary>The state of a meeting on a media node.</summary>
public enum AssignmentState
{
    /// <summary>The node is being prepared: its room is created and linked to the meeting's other rooms. Participants do not use it yet.</summary>
    Preparing,

    /// <summary>The room exists. Participants may use it.</summary>
    Ready,

    /// <summary>The room exists, but its participants move to another node. Nobody joins here.</summary>
    Leaving,

    /// <summary>The node has failed or been deleted.</summary>
    Lost,
}
