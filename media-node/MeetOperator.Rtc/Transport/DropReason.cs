namespace MeetOperator.Rtc;

/// <summary>Why a datagram was dropped; each has its own counter.</summary>
public enum DropReason : byte
{
    None,

    /// <summary>Not STUN, DTLS, RTP or RTCP by RFC 7983.</summary>
    UnknownKind,

    /// <summary>DTLS from an address that no valid check came from.</summary>
    UnvalidatedSource,

    /// <summary>Not a well-formed STUN message, or one without what a check must carry.</summary>
    StunMalformed,

    /// <summary>The user name does not name us and the peer.</summary>
    StunUsername,

    /// <summary>MESSAGE-INTEGRITY does not verify.</summary>
    StunIntegrity,

    /// <summary>A response to nothing that we asked, or a message that our role does not take.</summary>
    StunUnexpected,

    /// <summary>A check that came from another address before: somebody's copy.</summary>
    StunReplay,

    /// <summary>More checks than any client sends.</summary>
    StunRate,

    /// <summary>Not a DTLS record.</summary>
    DtlsMalformed,

    /// <summary>More DTLS than any client sends.</summary>
    DtlsRate,

    /// <summary>SRTP before the keys are there, or DTLS after the end.</summary>
    NotConnected,

    /// <summary>Too short, or a bad header.</summary>
    SrtpMalformed,

    /// <summary>The tag does not verify.</summary>
    SrtpAuthentication,

    /// <summary>Seen before, or older than the replay window.</summary>
    SrtpReplay,

    /// <summary>More streams than one peer may open.</summary>
    SrtpTooManyStreams,
}
