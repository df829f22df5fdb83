using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Srtp;

namespace MeetOperator.Rtc.Transport;

/// <summary>
/// Runs the DTLS handshake, compares the peer's certificate with the fingerprints from signaling, and then creates the SRTP
/// session. On a tunnel there is neither.
/// </summary>
internal sealed class SecureChannel(PeerTransportOptions options) : IDisposable
{
    /// <summary>A server has its endpoint from the start, because creating it takes longer than handling a datagram; a client creates it when it knows the peer's address.</summary>
    private OpenSslDtlsEndpoint? _dtls = options is { DtlsRole: DtlsRole.Server, IsTunnel: false } ? CreateEndpoint(options) : null;
    private IReadOnlyList<Fingerprint>? _remoteFingerprints;
    private long _deadlineTicks = long.MaxValue;
    private bool _isTunnelOpen;

    internal SecureChannelState State { get; private set; }

    internal TransportFailure Failure { get; private set; }

    internal ISrtpSession? Session { get; private set; }

    /// <summary>Whether the handshake is complete. The certificate may not be verified yet.</summary>
    internal bool IsEstablished => _dtls?.State == DtlsState.Established;

    internal bool HasEnded => State is SecureChannelState.Failed or SecureChannelState.Closed;

    internal long NextTimeoutTicks => State != SecureChannelState.Pending
        ? long.MaxValue
        : Math.Min(_deadlineTicks, _dtls?.NextTimeoutTicks ?? long.MaxValue);

    public void Dispose()
    {
        End(State == SecureChannelState.Failed ? State : SecureChannelState.Closed);
        _dtls?.Dispose();
        _dtls = null;
    }

    internal void SetRemoteFingerprints(IReadOnlyList<Fingerprint> fingerprints)
    {
        _remoteFingerprints = fingerprints;
        Complete();
    }

    /// <summary>Starts the handshake once the peer has an address: a client sends its ClientHello, a server waits for one.</summary>
    internal void Start(long nowTicks)
    {
        if (options is { DtlsRole: DtlsRole.Client, IsTunnel: false } && _dtls is null && State == SecureChannelState.Pending)
        {
            _dtls = CreateEndpoint(options);
            _deadlineTicks = nowTicks + options.HandshakeTimeoutTicks;
            _dtls.Feed(nowTicks, []);
        }
    }

    /// <summary>A tunnel carries the packets as they are, as soon as the peer's description is known.</summary>
    internal void OpenTunnel()
    {
        _isTunnelOpen = true;
        Complete();
    }

    internal DropReason HandleRecords(long nowTicks, ReadOnlySpan<byte> datagram)
    {
        if (HasEnded || _dtls is null)
        {
            return DropReason.NotConnected;
        }

        _deadlineTicks = Math.Min(_deadlineTicks, nowTicks + options.HandshakeTimeoutTicks); // counts from the first datagram
        if (!_dtls.Feed(nowTicks, datagram))
        {
            return DropReason.DtlsMalformed;
        }

        Complete();
        return DropReason.None;
    }

    internal bool TryPoll(Span<byte> buffer, out int written)
    {
        written = 0;
        return _dtls is not null && _dtls.TryPoll(buffer, out written);
    }

    internal void HandleTimeout(long nowTicks)
    {
        if (State != SecureChannelState.Pending)
        {
            return;
        }

        if (nowTicks >= _deadlineTicks)
        {
            Fail(TransportFailure.HandshakeTimeout);
            return;
        }

        _dtls?.HandleTimeout(nowTicks);
    }

    internal void Close(long nowTicks)
    {
        if (!HasEnded)
        {
            _dtls?.Close(nowTicks);
            End(SecureChannelState.Closed);
        }
    }

    private static OpenSslDtlsEndpoint CreateEndpoint(PeerTransportOptions options) => new(options.Certificate, options.DtlsRole, options.HandshakeMtuBytes);

    /// <summary>Updates the state when the handshake has ended and the peer's fingerprints are known.</summary>
    private void Complete()
    {
        if (_isTunnelOpen && State == SecureChannelState.Pending && _remoteFingerprints is not null)
        {
            (Session, State) = (new PlainSession(), SecureChannelState.Ready);
            return;
        }

        switch (_dtls?.State)
        {
            case DtlsState.Closed when !HasEnded:
                End(SecureChannelState.Closed);
                break;
            case DtlsState.Failed when !HasEnded:
                Fail(TransportFailure.Handshake);
                break;
            case DtlsState.Established when State == SecureChannelState.Pending && _remoteFingerprints is not null:
                Accept(_dtls.GetResult(), _remoteFingerprints);
                break;
        }
    }

    private void Accept(DtlsHandshakeResult result, IReadOnlyList<Fingerprint> expected)
    {
        if (!expected.Any(f => f.Matches(result.PeerCertificate)))
        {
            Fail(TransportFailure.FingerprintMismatch);
        }
        else if (result.Local is null || result.Remote is null)
        {
            Fail(TransportFailure.NoSrtpProfile);
        }
        else
        {
            Session = new SrtpSession(result.Local, result.Remote, options.MaximumInboundStreams);
            result.Local.Clear();
            result.Remote.Clear();
            State = SecureChannelState.Ready;
        }
    }

    private void Fail(TransportFailure failure)
    {
        Failure = failure;
        End(SecureChannelState.Failed);
    }

    /// <summary>Disposes the session, so that no packets are encrypted or decrypted any more.</summary>
    private void End(SecureChannelState state)
    {
        Session?.Dispose();
        Session = null;
        State = state;
    }
}
