namespace MeetOperator.Rtc.Transport;

public enum PeerTransportState
{
    /// <summary>No address of the peer is validated yet.</summary>
    New,

    /// <summary>ICE has an address. The DTLS handshake is running, or the peer's fingerprint is not known yet.</summary>
    Connecting,

    /// <summary>The keys exist and the peer's certificate matches a fingerprint from signaling.</summary>
    Connected,

    /// <summary>The peer has been silent for too long. A valid check restores the previous state.</summary>
    Disconnected,

    /// <summary>The handshake failed; see <see cref="TransportFailure"/>.</summary>
    Failed,

    /// <summary>The peer or the local side closed the DTLS association.</summary>
    Closed,
}
