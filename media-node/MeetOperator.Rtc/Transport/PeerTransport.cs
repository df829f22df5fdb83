using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Srtp;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Rtc;

/// <summary>
/// One peer connection's transport: ICE, DTLS and SRTP behind one door. Sans-IO: datagrams and the time go in, outputs
/// are polled, the next timeout is asked for. Not thread-safe: one loop owns it.
/// All times are monotonic 100 ns ticks.
/// </summary>
public sealed class PeerTransport : IDisposable
{
    private readonly PeerTransportOptions options;
    private readonly IIceAgent ice;
    private readonly OutgoingDatagrams outgoing = new();
    private readonly SecureChannel channel;
    private long lastHeardTicks;
    private PeerTransportState reported;

    public PeerTransport(PeerTransportOptions options)
    {
        this.options = options;
        LocalCredentials = options.LocalCredentials;
        ice = options.IceRole == IceRole.Controlling
            ? new IceControllingAgent(options.LocalCredentials, options.Random)
            : new IceLiteAgent(options.LocalCredentials);
        channel = new SecureChannel(options);
    }

    public IceCredentials LocalCredentials { get; private set; }

    /// <summary>What signaling told of the peer, or null.</summary>
    public IceCredentials? RemoteCredentials { get; private set; }

    public PeerTransportState State { get; private set; }

    /// <summary>Why <see cref="State"/> is Failed.</summary>
    public TransportFailure Failure => channel.Failure;

    /// <summary>Where media goes: the nominated address, or before nomination the first that was validated.</summary>
    public TransportAddress? SelectedAddress => ice.Selected;

    /// <summary>The negotiated profile, once connected.</summary>
    public SrtpProfile? Profile => channel.Session?.Profile;

    public DropCounters Drops { get; } = new();

    /// <summary>When media, reports or a check last came from the peer and proved authentic.</summary>
    public long LastHeardTicks => lastHeardTicks;

    /// <summary>When <see cref="HandleTimeout"/> wants to be called; <see cref="long.MaxValue"/> when never.</summary>
    public long NextTimeoutTicks { get; private set; } = long.MaxValue;

    /// <summary>Gives the peer's credentials and fingerprint, and for a controlling agent the address to check.</summary>
    public void SetRemote(IceCredentials credentials, Fingerprint fingerprint, TransportAddress? candidate = null)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        ArgumentNullException.ThrowIfNull(fingerprint);
        RemoteCredentials = credentials;
        ice.SetRemote(credentials, candidate);
        channel.SetRemoteFingerprint(fingerprint);
        Update();
    }

    /// <summary>
    /// Goes on under new credentials of our own, because the peer's network changed; to be followed by <see cref="SetRemote"/> with the peer's new
    /// ones. Keys and media go on.
    /// </summary>
    public void RestartIce(IceCredentials local)
    {
        ArgumentNullException.ThrowIfNull(local);
        LocalCredentials = local;
        ice.Restart(local);
    }

    /// <summary>
    /// Takes one datagram. STUN and DTLS are consumed; SRTP and SRTCP are checked and decrypted in place, so that the
    /// buffer then starts with the plaintext packet.
    /// </summary>
    public DatagramResult HandleDatagram(long nowTicks, in TransportAddress from, Span<byte> datagram)
    {
        var result = PacketClassifier.Classify(datagram) switch
        {
            PacketKind.Rtp => HandleMedia(from, datagram, isRtp: true),
            PacketKind.Rtcp => HandleMedia(from, datagram, isRtp: false),
            PacketKind.Stun => HandleStun(nowTicks, from, datagram),
            PacketKind.Dtls => HandleDtls(nowTicks, from, datagram),
            _ => DatagramResult.Dropped(DropReason.UnknownKind),
        };

        if (result.Kind == DatagramKind.Dropped)
        {
            Drops.Count(result.DropReason);
        }
        else if (result.Kind != DatagramKind.Handled)
        {
            lastHeardTicks = nowTicks;
        }

        return result;
    }

    /// <summary>The next thing to do; false when there is none. Call until false after each datagram and timeout.</summary>
    public bool TryPoll(out TransportOutput output)
    {
        if (outgoing.TryTake(out var to, out var datagram))
        {
            output = new TransportOutput(to, datagram);
            return true;
        }

        if (ice.Selected is { } selected)
        {
            var buffer = outgoing.Reserve();
            if (channel.TryPoll(buffer, out var written))
            {
                output = new TransportOutput(selected, buffer[..written]);
                return true;
            }
        }

        output = new TransportOutput(State);
        var changed = reported != State;
        reported = State;
        return changed;
    }

    /// <summary>Lets time pass: retransmissions, checks, consent.</summary>
    public void HandleTimeout(long nowTicks)
    {
        if (State is PeerTransportState.Failed or PeerTransportState.Closed)
        {
            return;
        }

        ice.HandleTimeout(nowTicks, outgoing);
        channel.HandleTimeout(nowTicks);
        Update(nowTicks);
    }

    /// <summary>
    /// Writes header, encrypted payload and tag to the destination, reading the payload where it lies. Allocates nothing
    /// once the header's SSRC has been seen.
    /// </summary>
    /// <returns>
    /// Bytes written; 0 when there are no keys, the destination is too small, or this SSRC sent this sequence number before:
    /// a packet is sent again on the RTX stream, never on its own.
    /// </returns>
    public int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination) =>
        channel.Session?.ProtectRtp(header, payload, destination) ?? 0;

    /// <summary>Writes the SRTCP form of a compound packet.</summary>
    /// <returns>Bytes written; 0 when there are no keys or the destination is too small.</returns>
    public int ProtectRtcp(ReadOnlySpan<byte> packet, Span<byte> destination) =>
        channel.Session?.ProtectRtcp(packet, destination) ?? 0;

    /// <summary>Says goodbye to the peer: poll once more to send the close_notify.</summary>
    public void Close(long nowTicks)
    {
        channel.Close(nowTicks);
        Update();
    }

    public void Dispose()
    {
        channel.Dispose();
        Update();
    }

    private long SilenceDeadlineTicks => Math.Min(
        lastHeardTicks + options.SilenceTimeoutTicks, ice.LastConsentTicks + options.ConsentTimeoutTicks);

    private DatagramResult HandleMedia(in TransportAddress from, Span<byte> datagram, bool isRtp)
    {
        if (!ice.IsValidated(from))
        {
            return DatagramResult.Dropped(DropReason.UnvalidatedSource);
        }

        if (channel.Session is not { } session)
        {
            return DatagramResult.Dropped(DropReason.NotConnected);
        }

        var status = isRtp
            ? session.UnprotectRtp(datagram, out var length)
            : session.UnprotectRtcp(datagram, out length);
        return status switch
        {
            SrtpStatus.Ok => isRtp ? DatagramResult.Rtp(length) : DatagramResult.Rtcp(length),
            SrtpStatus.Malformed => DatagramResult.Dropped(DropReason.SrtpMalformed),
            SrtpStatus.Replayed => DatagramResult.Dropped(DropReason.SrtpReplay),
            SrtpStatus.TooManyStreams => DatagramResult.Dropped(DropReason.SrtpTooManyStreams),
            _ => DatagramResult.Dropped(DropReason.SrtpAuthentication),
        };
    }

    private DatagramResult HandleStun(long nowTicks, in TransportAddress from, ReadOnlySpan<byte> datagram)
    {
        if (State is PeerTransportState.Failed or PeerTransportState.Closed)
        {
            return DatagramResult.Dropped(DropReason.NotConnected);
        }

        var reason = ice.Handle(nowTicks, from, datagram, outgoing);
        if (reason != DropReason.None)
        {
            return DatagramResult.Dropped(reason);
        }

        if (ice.Selected is not null)
        {
            channel.Start(nowTicks);
        }

        Update(nowTicks);
        return DatagramResult.Handled;
    }

    private DatagramResult HandleDtls(long nowTicks, in TransportAddress from, ReadOnlySpan<byte> datagram)
    {
        // A stranger's ClientHello must not reach the handshake: only who proved the ICE password may start one.
        if (!ice.IsValidated(from))
        {
            return DatagramResult.Dropped(DropReason.UnvalidatedSource);
        }

        var reason = channel.HandleRecords(nowTicks, datagram);
        Update(nowTicks);
        return reason == DropReason.None ? DatagramResult.Handled : DatagramResult.Dropped(reason);
    }

    private void Update(long nowTicks)
    {
        if (State is not (PeerTransportState.Failed or PeerTransportState.Closed))
        {
            lastHeardTicks = Math.Max(lastHeardTicks, ice.LastConsentTicks);
            State = channel.IsOver || ice.Selected is null || nowTicks < SilenceDeadlineTicks
                ? StateOfChannel()
                : PeerTransportState.Disconnected;
        }

        Update();
    }

    private void Update()
    {
        if (channel.IsOver || State is not (PeerTransportState.Disconnected or PeerTransportState.Failed or PeerTransportState.Closed))
        {
            State = StateOfChannel();
        }

        NextTimeoutTicks = State switch
        {
            PeerTransportState.Failed or PeerTransportState.Closed => long.MaxValue,
            _ => Math.Min(
                Math.Min(ice.NextTimeoutTicks, channel.NextTimeoutTicks),
                ice.Selected is null || State == PeerTransportState.Disconnected
                    ? long.MaxValue
                    : SilenceDeadlineTicks),
        };
    }

    private PeerTransportState StateOfChannel() => channel.State switch
    {
        SecureChannelState.Failed => PeerTransportState.Failed,
        SecureChannelState.Closed => PeerTransportState.Closed,
        SecureChannelState.Ready => PeerTransportState.Connected,
        _ => ice.Selected is null ? PeerTransportState.New : PeerTransportState.Connecting,
    };
}
