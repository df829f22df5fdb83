namespace MeetOperator.Contracts;

/// <summary>What a media node is for a meeting.</summary>
public enum AssignmentRole
{
    Origin,
}
