namespace MeetOperator.Signaling.Protocol;

/// <summary>The kind of media that <c>mute</c> and <c>unmute</c> apply to.</summary>
public enum MediaType
{
    Audio,
    Video,
}
