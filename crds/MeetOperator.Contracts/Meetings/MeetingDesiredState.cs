namespace MeetOperator.Contracts.Meetings;

/// <summary>Whether the meeting should be open.</summary>
public enum MeetingDesiredState
{
    Active,
    Ended,
}
