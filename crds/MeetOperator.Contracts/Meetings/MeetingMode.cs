namespace MeetOperator.Contracts;

/// <summary>How media travels between the people of a meeting.</summary>
public enum MeetingMode
{
    Auto,
    P2P,
    Sfu,
}
