namespace MeetOperator.Sfu.Tracks;

/// <summary>What a track shows or lets hear.</summary>
public enum TrackSource : byte
{
    Microphone,
    Camera,
    Screen,
    ScreenAudio,
}
