namespace MeetOperator.Contracts;

/// <summary>Where a meeting is in its life.</summary>
public enum MeetingPhase
{
    Pending,
    Ready,
    Active,
    Migrating,
    Ended,
    Failed,
}
