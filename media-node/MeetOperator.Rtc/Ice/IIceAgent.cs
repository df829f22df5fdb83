namespace MeetOperator.Rtc.Ice;

/// <summary>One side of ICE as the transport sees it.</summary>
internal interface IIceAgent
{
    /// <summary>Where to send: the nominated address, or before nomination the first validated one.</summary>
    TransportAddress? Selected { get; }

    /// <summary>When a valid check or answer last came from the peer.</summary>
    long LastConsentTicks { get; }

    long NextTimeoutTicks { get; }

    void SetRemote(IceCredentials credentials, TransportAddress? candidate);

    /// <summary>Goes on under new credentials of our own (RFC 8445 §9); the selected address stays until another is nominated.</summary>
    void Restart(IceCredentials local);

    /// <summary>True for an address that the peer has proved to be its own.</summary>
    bool IsValidated(in TransportAddress address);

    /// <summary>Takes a STUN datagram and queues the answer. Returns None when it was authentic.</summary>
    DropReason Handle(long nowTicks, in TransportAddress from, ReadOnlySpan<byte> datagram, OutgoingDatagrams outgoing);

    void HandleTimeout(long nowTicks, OutgoingDatagrams outgoing);
}
