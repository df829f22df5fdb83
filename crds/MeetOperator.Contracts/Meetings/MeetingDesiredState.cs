namespace MeetOperator.Contracts;

/// <summary>Whether a meeting should be open.</summary>
public enum MeetingDesiredState
{
    Active,
    Ended,
}
