namespace MeetOperator.Relay.Messages;

/// <summary>What a relayed track shows or carries.</summary>
public enum LinkTrackSource : byte
{
    Microphone = 0,
    Camera = 1,
    Screen = 2,
    ScreenAudio = 3,
}
