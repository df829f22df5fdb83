namespace MeetOperator.Rtc.Ice;

/// <summary>One side of ICE as the transport sees it.</summary>
internal interface IIceAgent
{
    /// <summary>Where to send: the address that is chosen of those that the peer checked from or sent media from, or null.</summary>
    TransportAddress? Selected { get; }

    /// <summary>When a valid check or answer last came from the selected address.</summary>
    long LastConsentTicks { get; }

    /// <summary>Bytes that may be sent to the selected address now.</summary>
    long Allowance { get; }

    /// <summary>True when authentic media is accepted from an address that no ICE check has validated yet, since a NAT may have given the peer a new address.</summary>
    bool FollowsMedia { get; }

    long NextTimeoutTicks { get; }

    void SetRemote(IceCredentials credentials, TransportAddress? candidate);

    /// <summary>Goes on under new credentials of our own (RFC 8445 §9); the selected address stays until another is nominated.</summary>
    void Restart(IceCredentials local);

    /// <summary>True for an address that a valid check, or authentic media, came from.</summary>
    bool IsValidated(in TransportAddress address);

    /// <summary>True for an address where the peer showed that it can read, and that something came from not long ago.</summary>
    bool IsHeld(long nowTicks, in TransportAddress address);

    /// <summary>Takes a STUN datagram and queues the answer. Returns None when it was authentic.</summary>
    DropReason Handle(long nowTicks, in TransportAddress from, ReadOnlySpan<byte> datagram, OutgoingDatagrams outgoing);

    /// <summary>False when more DTLS than any client sends came from there of late.</summary>
    bool TakesDtls(long nowTicks, in TransportAddress from);

    /// <summary>A datagram of the handshake came, of which nothing is proved yet.</summary>
    void CountReceived(in TransportAddress from, int bytes);

    /// <summary>The handshake is over; <paramref name="proven"/> when the peer showed in it that it can read there.</summary>
    void OnEstablished(long nowTicks, TransportAddress? proven);

    /// <summary>
    /// Authentic media came; <paramref name="isNewest"/> when nothing of its stream that is newer came before it. True when that changed what is to be
    /// sent or waited for.
    /// </summary>
    bool OnMedia(long nowTicks, in TransportAddress from, int bytes, bool isNewest, OutgoingDatagrams outgoing);

    /// <summary>Takes bytes off the allowance of the selected address; false when they must not be sent.</summary>
    bool TrySpend(int bytes);

    void HandleTimeout(long nowTicks, OutgoingDatagrams outgoing);
}
