namespace MeetOperator.Srtp;

/// <summary>The result of unprotecting a packet.</summary>
public enum SrtpStatus : byte
{
    Ok,

    /// <summary>The packet is too short or has a malformed header.</summary>
    Malformed,

    /// <summary>The packet was received before or is older than the replay window.</summary>
    Replayed,

    /// <summary>The authentication tag is invalid.</summary>
    NotAuthentic,

    /// <summary>The packet has a new SSRC and the peer has reached the maximum number of streams.</summary>
    TooManyStreams,
}
