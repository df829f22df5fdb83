namespace MeetOperator.Rtc;

public enum PeerTransportState
{
    /// <summary>No address of the peer is validated yet.</summary>
    New,

    /// <summary>ICE has an address; DTLS is running, or waits for the peer's fingerprint.</summary>
    Connecting,

    /// <summary>Keys are there and the peer's certificate is the one that the signaling named.</summary>
    Connected,

    /// <summary>The peer has been silent for too long. A valid check brings it back to where it was.</summary>
    Disconnected,

    /// <summary>The handshake failed for good, see <see cref="TransportFailure"/>.</summary>
    Failed,

    /// <summary>The peer closed the DTLS association, or we did.</summary>
    Closed,
}
