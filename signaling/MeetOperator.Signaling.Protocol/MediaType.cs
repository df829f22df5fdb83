namespace MeetOperator.Signaling.Protocol;

/// <summary>What <c>mute</c> and <c>unmute</c> are about.</summary>
public enum MediaType
{
    Audio,
    Video,
}
