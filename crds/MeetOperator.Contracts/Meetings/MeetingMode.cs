namespace MeetOperator.Contracts.Meetings;

/// <summary>How media is sent between the participants of a meeting.</summary>
public enum MeetingMode
{
    Auto,
    P2P,
    Sfu,
}
