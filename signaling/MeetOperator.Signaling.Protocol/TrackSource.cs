namespace MeetOperator.Signaling.Protocol;

/// <summary>The source of a track.</summary>
public enum TrackSource
{
    Microphone,
    Camera,
    Screen,
    ScreenAudio,
}
