namespace MeetOperator.Relay.Messages;

/// <summary>Why an end of a link says goodbye.</summary>
public enum ByeReason : byte
{
    /// <summary>The operator removed the link.</summary>
    Removed = 0,

    /// <summary>The room has ended.</summary>
    RoomEnded = 1,

    /// <summary>The process ends.</summary>
    Shutdown = 2,
}
