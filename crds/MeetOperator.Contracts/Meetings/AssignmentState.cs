namespace MeetOperator.Contracts.Meetings;

/// <summary>The state of a meeting on a media node.</summary>
public enum AssignmentState
{
    Ready,
    Lost,
}
