namespace MeetOperator.Contracts;

/// <summary>How far a meeting is on a media node.</summary>
public enum AssignmentState
{
    Ready,
    Lost,
}
