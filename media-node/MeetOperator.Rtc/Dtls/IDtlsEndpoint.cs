namespace MeetOperator.Rtc.Dtls;

/// <summary>One DTLS association of a transport. Not thread-safe.</summary>
internal interface IDtlsEndpoint : IDisposable
{
    DtlsState State { get; }

    /// <summary>The time at which the last flight must be retransmitted; <see cref="long.MaxValue"/> for never.</summary>
    long NextTimeoutTicks { get; }

    /// <summary>Processes one datagram; an empty one starts a client. False when the datagram was dropped because its DTLS records are malformed.</summary>
    bool Feed(long nowTicks, ReadOnlySpan<byte> datagram);

    /// <summary>Copies the next datagram to send. False when there is none or it does not fit.</summary>
    bool TryPoll(Span<byte> buffer, out int written);

    void HandleTimeout(long nowTicks);

    /// <summary>Queues a close_notify alert.</summary>
    void Close(long nowTicks);

    /// <summary>The result of the handshake. Valid in the state <see cref="DtlsState.Established"/>.</summary>
    DtlsHandshakeResult GetResult();
}
