namespace MeetOperator.Signaling.Data;

public enum PresenceMedia
{
    Audio,
    Video,
}
