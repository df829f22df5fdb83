namespace MeetOperator.Signaling.Protocol;

/// <summary>Every code that an <c>error</c> message may carry; on the wire in kebab-case (<see cref="WireName"/>).</summary>
public enum ErrorCode
{
    BadMessage,
    UnknownType,
    NotJoined,
    AlreadyJoined,
    UnknownParticipant,
    RateLimited,
    TooLarge,
    InvalidSdp,
    NotPlaced,
    MediaFailed,
    Forbidden,

    /// <summary>Something that the server needs (the database) does not answer.</summary>
    Unavailable,

    /// <summary>The media session that an offer or answer is for is gone.</summary>
    UnknownSession,

    /// <summary>More tracks than one connection can receive.</summary>
    TooManyTracks,
}
