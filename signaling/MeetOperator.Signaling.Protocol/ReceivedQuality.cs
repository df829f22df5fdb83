namespace MeetOperator.Signaling.Protocol;

/// <summary>How well a participant receives a track, as its client judges it.</summary>
public enum ReceivedQuality
{
    Good,
    Weak,
    Poor,

    /// <summary>The line cannot take the picture, so it is not sent.</summary>
    Paused,
}
