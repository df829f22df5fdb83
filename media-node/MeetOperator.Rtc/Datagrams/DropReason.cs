namespace MeetOperator.Rtc.Datagrams;

/// <summary>The reason that a datagram was dropped. Each reason has its own counter.</summary>
public enum DropReason : byte
{
    None,

    /// <summary>The datagram is not STUN, DTLS, RTP or RTCP (RFC 7983).</summary>
    UnknownKind,

    /// <summary>The datagram came from an address without a valid check.</summary>
    UnvalidatedSource,

    /// <summary>The STUN message is malformed or its FINGERPRINT is invalid.</summary>
    StunMalformed,

    /// <summary>USERNAME does not match the local and the remote username fragment.</summary>
    StunUsername,

    /// <summary>MESSAGE-INTEGRITY is invalid.</summary>
    StunIntegrity,

    /// <summary>The response matches no request, or the message does not fit the ICE role.</summary>
    StunUnexpected,

    /// <summary>A check with the same transaction ID came from another address before.</summary>
    StunReplay,

    /// <summary>The rate of checks exceeds what clients need.</summary>
    StunRate,

    /// <summary>The DTLS records are malformed.</summary>
    DtlsMalformed,

    /// <summary>The rate of DTLS datagrams exceeds what clients need.</summary>
    DtlsRate,

    /// <summary>SRTP arrived without keys, or STUN or DTLS arrived after the end of the transport.</summary>
    NotConnected,

    /// <summary>The packet is too short or has a malformed header.</summary>
    SrtpMalformed,

    /// <summary>The authentication tag is invalid.</summary>
    SrtpAuthentication,

    /// <summary>The packet was received before or is older than the replay window.</summary>
    SrtpReplay,

    /// <summary>The peer has reached the maximum number of streams.</summary>
    SrtpTooManyStreams,
}
