namespace MeetOperator.Signaling.Protocol;

/// <summary>The codes of <c>error</c> messages, in kebab-case on the wire (<see cref="WireName"/>).</summary>
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

    /// <summary>A dependency of the server, such as the database, is unavailable.</summary>
    Unavailable,

    /// <summary>The media session that the offer or answer refers to no longer exists.</summary>
    UnknownSession,

    /// <summary>More tracks than one connection can receive.</summary>
    TooManyTracks,

    /// <summary>The meeting is encrypted end to end, and the client did not say that it can do this.</summary>
    EncryptionRequired,
}
