namespace MeetOperator.Contracts.Meetings;

/// <summary>The phase of a meeting.</summary>
public enum MeetingPhase
{
    Pending,
    Ready,
    Active,
    Migrating,
    Ended,
    Failed,
}
