namespace MeetOperator.Contracts.Meetings;

/// <summary>Whether the media of a meeting is encrypted end to end, between the clients.</summary>
public enum MeetingE2ee
{
    Off,
    Required,
}
