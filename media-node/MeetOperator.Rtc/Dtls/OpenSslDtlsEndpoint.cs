using MeetOperator.Native.OpenSsl;
using MeetOperator.Srtp;

namespace MeetOperator.Rtc.Dtls;

/// <summary>
/// DTLS 1.2 with OpenSSL. The retransmission timer (RFC 6347 §4.2.4) uses the caller's clock, so that it also works in a
/// simulation.
/// </summary>
internal sealed class OpenSslDtlsEndpoint : IDtlsEndpoint
{
    /// <summary>Shorter than the one second in RFC 6347, as in browsers. A path with a longer round trip is not usable for a meeting.</summary>
    private const long InitialTimeoutTicks = 150 * TimeSpan.TicksPerMillisecond;
    private const long MaximumTimeoutTicks = 1600 * TimeSpan.TicksPerMillisecond;

    /// <summary>Minimum time between two retransmissions that the peer triggers.</summary>
    private const long RepetitionIntervalTicks = 50 * TimeSpan.TicksPerMillisecond;
    private const byte HandshakeContent = 22;

    private readonly DtlsConnection _connection;
    private readonly bool _isServer;
    private readonly DtlsFlight _flight;
    private long _timeoutTicks = InitialTimeoutTicks;
    private long _lastSentTicks;
    private bool _ignoresInput;

    internal OpenSslDtlsEndpoint(DtlsCertificate certificate, DtlsRole role, int mtuBytes)
    {
        _isServer = role == DtlsRole.Server;
        _connection = new DtlsConnection(certificate.Context, _isServer, mtuBytes);
        _flight = new DtlsFlight(mtuBytes);
    }

    public DtlsState State { get; private set; }

    public long NextTimeoutTicks { get; private set; } = long.MaxValue;

    public bool Feed(long nowTicks, ReadOnlySpan<byte> datagram)
    {
        if (!DtlsRecords.AreWellFormed(datagram, DtlsRecords.GetExpansion(_connection.CipherSuite)))
        {
            return false;
        }

        if (_ignoresInput || State is DtlsState.Closed or DtlsState.Failed)
        {
            return true;
        }

        var before = State;
        var step = _connection.Advance(datagram);
        State = step switch
        {
            DtlsStep.Handshaking => DtlsState.Handshaking,
            DtlsStep.Established => DtlsState.Established,
            DtlsStep.Closed => DtlsState.Closed,

            // Alerts from the peer close the association. Other input that OpenSSL rejects may be forged, so it must not end an established session.
            _ => before == DtlsState.Established ? before : DtlsState.Failed,
        };
        _ignoresInput = step == DtlsStep.Failed;

        if (CollectOutput(nowTicks))
        {
            _timeoutTicks = InitialTimeoutTicks;
            NextTimeoutTicks = State == DtlsState.Handshaking ? nowTicks + _timeoutTicks : long.MaxValue;
        }
        else if (State == DtlsState.Established)
        {
            NextTimeoutTicks = long.MaxValue;
            RepeatLastFlight(nowTicks, before, datagram);
        }

        return true;
    }

    public bool TryPoll(Span<byte> buffer, out int written) => _flight.TryTake(buffer, out written);

    public void HandleTimeout(long nowTicks)
    {
        if (nowTicks < NextTimeoutTicks || State != DtlsState.Handshaking)
        {
            return;
        }

        // While the address limit delays a flight, the rest of the flight is sent first. Restarting it would use up the limit of the address.
        if (_flight.IsSent)
        {
            _flight.Rewind();
        }

        _lastSentTicks = nowTicks;
        _timeoutTicks = Math.Min(_timeoutTicks * 2, MaximumTimeoutTicks);
        NextTimeoutTicks = nowTicks + _timeoutTicks;
    }

    public void Close(long nowTicks)
    {
        if (State == DtlsState.Established && !_ignoresInput)
        {
            _connection.Shutdown();
            CollectOutput(nowTicks);
        }

        State = DtlsState.Closed;
        NextTimeoutTicks = long.MaxValue;
    }

    public DtlsHandshakeResult GetResult()
    {
        var certificate = _connection.GetPeerCertificate();
        var number = _connection.SrtpProfile;
        if (State != DtlsState.Established || !Enum.IsDefined((SrtpProfile)number))
        {
            return new DtlsHandshakeResult(certificate, null, null);
        }

        var profile = (SrtpProfile)number;
        Span<byte> material = stackalloc byte[SrtpKeys.ExportLength(profile)];
        if (!_connection.TryExportKeyingMaterial(SrtpKeys.ExporterLabel, material))
        {
            return new DtlsHandshakeResult(certificate, null, null);
        }

        var (client, server) = SrtpKeys.Split(profile, material);
        material.Clear();
        return _isServer
            ? new DtlsHandshakeResult(certificate, server, client)
            : new DtlsHandshakeResult(certificate, client, server);
    }

    public void Dispose() => _connection.Dispose();

    private bool CollectOutput(long nowTicks)
    {
        var pending = _connection.PendingOutputBytes;
        if (pending == 0)
        {
            return false;
        }

        var records = new byte[pending];
        _flight.Replace(records, _connection.TakeOutput(records));
        _lastSentTicks = nowTicks;
        return true;
    }

    /// <summary>
    /// Retransmits the last flight when the peer repeats its Finished message unchanged, because then the local Finished was lost. OpenSSL
    /// drops such a repetition as a replay; it answers only repetitions with a new record number.
    /// </summary>
    private void RepeatLastFlight(long nowTicks, DtlsState before, ReadOnlySpan<byte> datagram)
    {
        if (before == DtlsState.Established
            && !datagram.IsEmpty
            && datagram[0] == HandshakeContent
            && nowTicks - _lastSentTicks >= RepetitionIntervalTicks)
        {
            _flight.Rewind();
            _lastSentTicks = nowTicks;
        }
    }
}
