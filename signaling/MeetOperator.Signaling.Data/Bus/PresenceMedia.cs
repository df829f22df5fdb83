namespace MeetOperator.Signaling.Data.Bus;

public enum PresenceMedia
{
    Audio,
    Video,
}
