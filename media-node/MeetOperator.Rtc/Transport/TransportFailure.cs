namespace MeetOperator.Rtc;

/// <summary>Why a transport is in <see cref="PeerTransportState.Failed"/>.</summary>
public enum TransportFailure
{
    None,

    /// <summary>OpenSSL refused the handshake: version, cipher suites, signature.</summary>
    Handshake,

    /// <summary>The handshake did not end in time.</summary>
    HandshakeTimeout,

    /// <summary>The peer's certificate is not the one of its SDP.</summary>
    FingerprintMismatch,

    /// <summary>The peer offered no SRTP profile of ours.</summary>
    NoSrtpProfile,
}
