namespace MeetOperator.Signaling.Protocol;

/// <summary>Every code that a REST problem may carry, in <c>type</c> = <c>urn:meetoperator:error:&lt;code&gt;</c>.</summary>
public enum ProblemCode
{
    InvalidRequest,
    Unauthorized,
    Forbidden,
    UnknownMeeting,
    UnknownParticipant,
    MeetingEnded,
    MeetingFull,

    /// <summary>WHEP: there is nothing to play yet; it may come.</summary>
    NotPublishing,
    PayloadTooLarge,

    /// <summary>The key stands for a request with another body.</summary>
    IdempotencyKeyReused,
    UnsupportedMediaType,
    QuotaExceeded,
    NotPlaced,
    MediaNodeUnreachable,

    /// <summary>Something that this server needs (the API server, the database) does not answer.</summary>
    Unavailable,
}
