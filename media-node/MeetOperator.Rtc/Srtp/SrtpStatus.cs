namespace MeetOperator.Rtc.Srtp;

/// <summary>What became of a packet that was to be unprotected.</summary>
public enum SrtpStatus : byte
{
    Ok,

    /// <summary>Too short or with a bad header.</summary>
    Malformed,

    /// <summary>Seen before, or older than the window.</summary>
    Replayed,

    /// <summary>The tag does not verify.</summary>
    NotAuthentic,

    /// <summary>A new SSRC, and there are as many as one peer may have.</summary>
    TooManyStreams,
}
