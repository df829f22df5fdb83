namespace MeetOperator.Rtc.Transport;

/// <summary>The state of the DTLS association and its keys.</summary>
internal enum SecureChannelState
{
    /// <summary>The handshake has not started, is running, or is complete without a fingerprint of the peer.</summary>
    Pending,

    Ready,

    Failed,

    Closed,
}
