namespace MeetOperator.Sfu.Pacing;

/// <summary>The order in which waiting packets of one connection leave.</summary>
internal enum PacketPriority : byte
{
    /// <summary>Audio never waits.</summary>
    Audio,
    Retransmission,

    /// <summary>A screen, a pinned tile or the camera of the participant who speaks.</summary>
    Foreground,
    Video,
}
