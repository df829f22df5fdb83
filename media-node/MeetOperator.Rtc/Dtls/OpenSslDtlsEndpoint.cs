using MeetOperator.Native.OpenSsl;
using MeetOperator.Rtc.Srtp;

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

    private readonly DtlsConnection connection;
    private readonly bool isServer;
    private readonly DtlsFlight flight;
    private long timeoutTicks = InitialTimeoutTicks;
    private long lastSentTicks;
    private bool ignoresInput;

    internal OpenSslDtlsEndpoint(DtlsCertificate certificate, DtlsRole role, int mtuBytes)
    {
        isServer = role == DtlsRole.Server;
        connection = new DtlsConnection(certificate.Context, isServer, mtuBytes);
        flight = new DtlsFlight(mtuBytes);
    }

    public DtlsState State { get; private set; }

    public long NextTimeoutTicks { get; private set; } = long.MaxValue;

    public bool Feed(long nowTicks, ReadOnlySpan<byte> datagram)
    {
        if (!DtlsRecords.AreWellFormed(datagram, DtlsRecords.GetExpansion(connection.CipherSuite)))
        {
            return false;
        }

        if (ignoresInput || State is DtlsState.Closed or DtlsState.Failed)
        {
            return true;
        }

        var before = State;
        var step = connection.Advance(datagram);
        State = step switch
        {
            DtlsStep.Handshaking => DtlsState.Handshaking,
            DtlsStep.Established => DtlsState.Established,
            DtlsStep.Closed => DtlsState.Closed,

            // Alerts from the peer close the association. Other input that OpenSSL rejects may be forged, so it must not end an established session.
            _ => before == DtlsState.Established ? before : DtlsState.Failed,
        };
        ignoresInput = step == DtlsStep.Failed;

        if (CollectOutput(nowTicks))
        {
            timeoutTicks = InitialTimeoutTicks;
            NextTimeoutTicks = State == DtlsState.Handshaking ? nowTicks + timeoutTicks : long.MaxValue;
        }
        else if (State == DtlsState.Established)
        {
            NextTimeoutTicks = long.MaxValue;
            RepeatLastFlight(nowTicks, before, datagram);
        }

        return true;
    }

    public bool TryPoll(Span<byte> buffer, out int written) => flight.TryTake(buffer, out written);

    public void HandleTimeout(long nowTicks)
    {
        if (nowTicks < NextTimeoutTicks || State != DtlsState.Handshaking)
        {
            return;
        }

        // While the address limit delays a flight, the rest of the flight is sent first. Restarting it would use up the limit of the address.
        if (flight.IsSent)
        {
            flight.Rewind();
        }

        lastSentTicks = nowTicks;
        timeoutTicks = Math.Min(timeoutTicks * 2, MaximumTimeoutTicks);
        NextTimeoutTicks = nowTicks + timeoutTicks;
    }

    public void Close(long nowTicks)
    {
        if (State == DtlsState.Established && !ignoresInput)
        {
            connection.Shutdown();
            CollectOutput(nowTicks);
        }

        State = DtlsState.Closed;
        NextTimeoutTicks = long.MaxValue;
    }

    public DtlsHandshakeResult GetResult()
    {
        var certificate = connection.GetPeerCertificate();
        var number = connection.SrtpProfile;
        if (State != DtlsState.Established || !Enum.IsDefined((SrtpProfile)number))
        {
            return new DtlsHandshakeResult(certificate, null, null);
        }

        var profile = (SrtpProfile)number;
        Span<byte> material = stackalloc byte[SrtpKeys.ExportLength(profile)];
        if (!connection.TryExportKeyingMaterial(SrtpKeys.ExporterLabel, material))
        {
            return new DtlsHandshakeResult(certificate, null, null);
        }

        var (client, server) = SrtpKeys.Split(profile, material);
        material.Clear();
        return isServer
            ? new DtlsHandshakeResult(certificate, server, client)
            : new DtlsHandshakeResult(certificate, client, server);
    }

    public void Dispose() => connection.Dispose();

    private bool CollectOutput(long nowTicks)
    {
        var pending = connection.PendingOutputBytes;
        if (pending == 0)
        {
            return false;
        }

        var records = new byte[pending];
        flight.Replace(records, connection.TakeOutput(records));
        lastSentTicks = nowTicks;
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
            && nowTicks - lastSentTicks >= RepetitionIntervalTicks)
        {
            flight.Rewind();
            lastSentTicks = nowTicks;
        }
    }
}
