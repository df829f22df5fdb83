namespace MeetOperator.Rtc;

/// <summary>Where DTLS and the keys that come from it stand.</summary>
internal enum SecureChannelState
{
    /// <summary>No handshake, or one that is under way, or one whose peer's fingerprint is not known yet.</summary>
    Pending,

    Ready,

    Failed,

    Closed,
}
