namespace MeetOperator.Sfu.Tracks;

/// <summary>The capture source of a track.</summary>
public enum TrackSource : byte
{
    Microphone,
    Camera,
    Screen,
    ScreenAudio,
}
