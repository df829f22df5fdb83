namespace MeetOperator.Rtc.Dtls;

/// <summary>One DTLS association as the transport sees it.</summary>
public interface IDtlsEndpoint : IDisposable
{
    DtlsState State { get; }

    /// <summary>When the flight that is on its way has to be sent again.</summary>
    long NextTimeoutTicks { get; }

    /// <summary>Takes one datagram; an empty one starts a client. False when it was dropped because it is no series of DTLS records.</summary>
    bool Feed(long nowTicks, ReadOnlySpan<byte> datagram);

    /// <summary>Copies the next datagram to send.</summary>
    bool TryPoll(Span<byte> buffer, out int written);

    void HandleTimeout(long nowTicks);

    /// <summary>Queues a close_notify.</summary>
    void Close(long nowTicks);

    /// <summary>The result of the handshake, once established.</summary>
    DtlsHandshakeResult GetResult();
}
