namespace MeetOperator.Sfu.Tracks;

public enum MediaKind : byte
{
    Audio,
    Video,
}
