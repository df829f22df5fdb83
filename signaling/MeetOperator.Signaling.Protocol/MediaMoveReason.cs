namespace MeetOperator.Signaling.Protocol;

/// <summary>Why a participant moves to another media node. Clients must tolerate further ones.</summary>
public enum MediaMoveReason
{
    /// <summary>The meeting leaves the media node: it is drained, has too much to do, or is no longer needed.</summary>
    Leaving,

    /// <summary>The meeting has a media node in the participant's region.</summary>
    Region,

    /// <summary>The media node seems to have failed, and the standby takes its place.</summary>
    Standby,

    /// <summary>The media node seems to have failed, and another one of the meeting takes its place.</summary>
    Unreachable,

    /// <summary>No media node of the meeting seems to have failed any more, so the standby is no longer needed.</summary>
    Returned,
}
