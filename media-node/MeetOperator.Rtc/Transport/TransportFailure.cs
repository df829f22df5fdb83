namespace MeetOperator.Rtc.Transport;

/// <summary>The reason for the state <see cref="PeerTransportState.Failed"/>.</summary>
public enum TransportFailure
{
    None,

    /// <summary>OpenSSL rejected the handshake, for example because of the version, the cipher suites or a signature.</summary>
    Handshake,

    /// <summary>The handshake timed out.</summary>
    HandshakeTimeout,

    /// <summary>The peer's certificate does not match the fingerprints in its SDP.</summary>
    FingerprintMismatch,

    /// <summary>The peer offered no supported SRTP profile.</summary>
    NoSrtpProfile,
}
