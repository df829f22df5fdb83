namespace MeetOperator.Contracts.Meetings;

/// <summary>The role of a media node for a meeting.</summary>
public enum AssignmentRole
{
    Origin,
}
