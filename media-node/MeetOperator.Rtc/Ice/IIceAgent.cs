using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.Rtc.Ice;

/// <summary>One side of ICE for a transport. Not thread-safe.</summary>
internal interface IIceAgent
{
    /// <summary>The destination of outbound packets: the selected address of the peer, or null.</summary>
    TransportAddress? Selected { get; }

    /// <summary>The time of the last valid check or response from the selected address.</summary>
    long LastConsentTicks { get; }

    /// <summary>The round trip to the selected address that the last check measured; null when none has.</summary>
    PathRoundTrip? RoundTrip { get; }

    /// <summary>The number of bytes that may be sent to the selected address now.</summary>
    long Allowance { get; }

    /// <summary>Whether authentic media is accepted from an address that no check has validated. A NAT rebinding can give the peer a new address.</summary>
    bool AllowsUnvalidatedMedia { get; }

    long NextTimeoutTicks { get; }

    void SetRemote(IceCredentials credentials, TransportAddress? candidate);

    /// <summary>Restarts ICE with new local credentials (RFC 8445 §9). The selected address stays until the peer nominates another one.</summary>
    void Restart(IceCredentials local);

    /// <summary>Whether a valid check or authentic media came from the address.</summary>
    bool IsValidated(in TransportAddress address);

    /// <summary>Whether the address is confirmed (the peer has shown that it receives there) and recently active.</summary>
    bool IsInUse(long nowTicks, in TransportAddress address);

    /// <summary>Processes a STUN datagram and queues the response. Returns None when the datagram was authentic. <paramref name="arrivalTicks"/> is when it arrived, for round trips; null when that is the same time.</summary>
    DropReason Handle(long nowTicks, in TransportAddress from, ReadOnlySpan<byte> datagram, OutgoingDatagrams outgoing, long? arrivalTicks = null);

    /// <summary>Counts a DTLS datagram against the rate limit. False when the rate exceeds what clients need.</summary>
    bool TryAcceptDtls(long nowTicks, in TransportAddress from);

    /// <summary>Counts the bytes of a handshake datagram, which is not authenticated yet.</summary>
    void CountReceived(in TransportAddress from, int bytes);

    /// <summary>
    /// Records the end of the handshake. <paramref name="confirmed"/> is the address at which the handshake showed that the peer receives, or null.
    /// </summary>
    void OnEstablished(long nowTicks, TransportAddress? confirmed);

    /// <summary>
    /// Records authentic media. <paramref name="isNewest"/> means that the packet is the newest of its stream. Returns true when datagrams or
    /// timeouts may have changed.
    /// </summary>
    bool OnMedia(long nowTicks, in TransportAddress from, int bytes, bool isNewest, OutgoingDatagrams outgoing);

    /// <summary>A TCP connection of the peer has ended. Another path is selected if there is one.</summary>
    void OnClosed(long nowTicks, in TransportAddress address);

    /// <summary>Forgets the addresses that the peer may no longer use. Another path is selected if there is one.</summary>
    void ClosePaths(long nowTicks, Predicate<TransportAddress> isDenied);

    /// <summary>Deducts bytes from the allowance of the selected address. False when they must not be sent.</summary>
    bool TrySpend(int bytes);

    void HandleTimeout(long nowTicks, OutgoingDatagrams outgoing);
}
