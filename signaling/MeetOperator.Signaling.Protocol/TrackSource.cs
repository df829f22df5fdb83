namespace MeetOperator.Signaling.Protocol;

/// <summary>Where a track comes from.</summary>
public enum TrackSource
{
    Microphone,
    Camera,
    Screen,
    ScreenAudio,
}
