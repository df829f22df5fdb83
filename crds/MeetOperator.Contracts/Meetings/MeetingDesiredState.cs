namespace MeetOperator.Contracts;

/// <summary>Whether the meeting should be open.</summary>
public enum MeetingDesiredState
{
    Active,
    Ended,
}
