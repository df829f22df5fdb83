namespace MeetOperator.Contracts.Meetings;

/// <summary>The role of a media node for a meeting.</summary>
public enum AssignmentRole
{
    /// <summary>The node that participants use unless another one suits them better. At most one node of a meeting has this role.</summary>
    Origin,

    /// <summary>A node that carries a part of the participants and is linked to the other nodes of the meeting.</summary>
    Edge,

    /// <summary>A node that is linked and ready to replace another one, and carries no participants.</summary>
    Standby,
}
