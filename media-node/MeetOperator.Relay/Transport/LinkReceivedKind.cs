namespace MeetOperator.Relay.Transport;

/// <summary>What the owner of a <see cref="LinkTransport"/> does with a datagram.</summary>
public enum LinkReceivedKind : byte
{
    /// <summary>Nothing: it was dropped and counted.</summary>
    Dropped,

    /// <summary>It was consumed. Messages may have arrived.</summary>
    Handled,

    /// <summary>It holds a decrypted RTP packet.</summary>
    Rtp,

    /// <summary>It holds a decrypted RTCP compound packet.</summary>
    Rtcp,
}
