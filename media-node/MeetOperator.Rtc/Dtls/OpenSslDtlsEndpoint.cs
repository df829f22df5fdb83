using MeetOperator.Native.OpenSsl;
using MeetOperator.Rtc.Srtp;

namespace MeetOperator.Rtc.Dtls;

/// <summary>
/// DTLS 1.2 by OpenSSL, with the retransmission timer of our own clock (RFC 6347 §4.2.4): the same in a simulation and in
/// the field.
/// </summary>
internal sealed class OpenSslDtlsEndpoint : IDtlsEndpoint
{
    /// <summary>Below RFC 6347's one second, as browsers do: a media path that needs longer is no use for a meeting.</summary>
    private const long InitialTimeoutTicks = 150 * TimeSpan.TicksPerMillisecond;
    private const long MaximumTimeoutTicks = 1600 * TimeSpan.TicksPerMillisecond;

    /// <summary>Least time between two repetitions that the peer causes.</summary>
    private const long RepetitionIntervalTicks = 50 * TimeSpan.TicksPerMillisecond;
    private const byte HandshakeContent = 22;

    private readonly DtlsConnection connection;
    private readonly bool isServer;
    private readonly DtlsFlight flight;
    private long timeoutTicks = InitialTimeoutTicks;
    private long lastSentTicks;
    private bool isDeaf;

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
        if (!DtlsRecords.AreWhole(datagram, DtlsRecords.ExpansionOf(connection.CipherSuite)))
        {
            return false;
        }

        if (isDeaf || State is DtlsState.Closed or DtlsState.Failed)
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

            // The peer's own alerts are a close. What else OpenSSL cannot take can be anybody's, and must not end a call whose keys are exchanged.
            _ => before == DtlsState.Established ? before : DtlsState.Failed,
        };
        isDeaf = step == DtlsStep.Failed;

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

        // What waits until it may be sent goes out first: the beginning over and over would use up what the peer's address may get.
        if (flight.IsTaken)
        {
            flight.Rewind();
        }

        lastSentTicks = nowTicks;
        timeoutTicks = Math.Min(timeoutTicks * 2, MaximumTimeoutTicks);
        NextTimeoutTicks = nowTicks + timeoutTicks;
    }

    public void Close(long nowTicks)
    {
        if (State == DtlsState.Established && !isDeaf)
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
    /// A peer that repeats its Finished as it was has not seen ours. OpenSSL drops the repetition as a replay, so our last
    /// flight goes out again from here; one with a new record number it answers itself.
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
