namespace MeetOperator.Signaling.Protocol;

/// <summary>The codes of REST problem documents, in <c>type</c> = <c>urn:meetoperator:error:&lt;code&gt;</c>.</summary>
public enum ProblemCode
{
    InvalidRequest,
    Unauthorized,
    Forbidden,
    UnknownMeeting,
    UnknownParticipant,
    UnknownReport,

    /// <summary>The network check has ended, or belongs to somebody else.</summary>
    UnknownCheck,
    MeetingEnded,
    MeetingFull,

    /// <summary>WHIP and WHEP: the meeting is encrypted end to end, which these protocols cannot do.</summary>
    EncryptionRequired,

    /// <summary>WHEP: nothing is published yet. A later request may succeed.</summary>
    NotPublishing,
    PayloadTooLarge,

    /// <summary>The idempotency key was used before with a different body.</summary>
    IdempotencyKeyReused,
    UnsupportedMediaType,
    QuotaExceeded,
    NotPlaced,
    MediaNodeUnreachable,

    /// <summary>The meeting's media node cannot do network checks. Waiting does not help.</summary>
    CheckUnavailable,

    /// <summary>A dependency of the server, such as the API server or the database, is unavailable.</summary>
    Unavailable,
}
