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
    /// <summary>Tag of AES-GCM (16) or HMAC-SHA1-80 (10), and the SRTCP index (4).</summary>
    public const int ProtectionBytes = 20;

    private readonly PeerTransportOptions options;
    private readonly IIceAgent ice;
    private readonly OutgoingDatagrams outgoing = new();
    private readonly SecureChannel channel;
    private long lastHeardTicks;
    private PeerTransportState reported;

    /// <summary>The one address that all datagrams of the handshake were sent to; null before the first, and as soon as there is a second address.</summary>
    private TransportAddress? handshakeTo;
    private bool handshakeSent;

    public PeerTransport(PeerTransportOptions options)
    {
        this.options = options;
        LocalCredentials = options.LocalCredentials;
        ice = options.IceRole == IceRole.Controlling
            ? new IceControllingAgent(options.LocalCredentials, options.Random)
            : new IceLiteAgent(options.LocalCredentials, options.Random, options.ConsentTimeoutTicks);
        channel = new SecureChannel(options);
    }

    public IceCredentials LocalCredentials { get; private set; }

    /// <summary>What signaling told of the peer, or null.</summary>
    public IceCredentials? RemoteCredentials { get; private set; }

    public PeerTransportState State { get; private set; }

    /// <summary>Why <see cref="State"/> is Failed.</summary>
    public TransportFailure Failure => channel.Failure;

    /// <summary>Where media goes: of the addresses that the peer uses, the one that it nominated, or media came from last.</summary>
    public TransportAddress? SelectedAddress => ice.Selected;

    /// <summary>The negotiated profile, once connected.</summary>
    public SrtpProfile? Profile => channel.Session?.Profile;

    public DropCounters Drops { get; } = new();

    /// <summary>Streams (SSRCs) that the peer has ever opened: grows with the packet that opens one.</summary>
    public int StreamsOpened => channel.Session?.StreamsOpened ?? 0;

    /// <summary>When media, reports or a check last came from the peer and proved authentic.</summary>
    public long LastHeardTicks => lastHeardTicks;

    /// <summary>When <see cref="HandleTimeout"/> wants to be called; <see cref="long.MaxValue"/> when never.</summary>
    public long NextTimeoutTicks { get; private set; } = long.MaxValue;

    /// <summary>Gives the peer's credentials and fingerprint, and for a controlling agent the address to check.</summary>
    public void SetRemote(IceCredentials credentials, Fingerprint fingerprint, TransportAddress? candidate = null) =>
        SetRemote(credentials, [fingerprint], candidate);

    /// <summary>As above, of a peer that names several: its certificate has to match one of them.</summary>
    public void SetRemote(IceCredentials credentials, IReadOnlyList<Fingerprint> fingerprints, TransportAddress? candidate = null)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        ArgumentNullException.ThrowIfNull(fingerprints);
        RemoteCredentials = credentials;
        ice.SetRemote(credentials, candidate);
        channel.SetRemoteFingerprints(fingerprints);
        Update();
    }

    /// <summary>
    /// Goes on under new credentials of our own, because the peer's network changed; to be followed by <c>SetRemote</c> with the peer's new
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
            PacketKind.Rtp => HandleMedia(nowTicks, from, datagram, isRtp: true),
            PacketKind.Rtcp => HandleMedia(nowTicks, from, datagram, isRtp: false),
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

    /// <summary>Datagrams wait to be polled. After media that is rare, so a host may ask this first.</summary>
    public bool HasDatagrams => outgoing.Count > 0;

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
            // What an address may not get yet waits for more to come from it.
            var buffer = outgoing.Reserve();
            if (channel.TryPoll(buffer[..(int)Math.Clamp(ice.Allowance, 0, buffer.Length)], out var written))
            {
                ice.TrySpend(written);
                if (!channel.IsEstablished)
                {
                    handshakeTo = !handshakeSent || handshakeTo == selected ? selected : null;
                    handshakeSent = true;
                }

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
    /// Bytes written; 0 when there are no keys, the destination is too small, the selected address may not get so much yet, or this SSRC
    /// sent this sequence number before: a packet is sent again on the RTX stream, never on its own.
    /// </returns>
    public int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination) =>
        channel.Session is { } session && ice.TrySpend(header.Length + payload.Length + ProtectionBytes)
            ? session.ProtectRtp(header, payload, destination)
            : 0;

    /// <summary>Writes the SRTCP form of a compound packet.</summary>
    /// <returns>Bytes written; 0 when there are no keys, the destination is too small, or the selected address may not get so much yet.</returns>
    public int ProtectRtcp(ReadOnlySpan<byte> packet, Span<byte> destination) =>
        channel.Session is { } session && ice.TrySpend(packet.Length + ProtectionBytes) ? session.ProtectRtcp(packet, destination) : 0;

    /// <summary>Whether a datagram that was protected before may go to the selected address once more.</summary>
    public bool MayRepeat(int bytes) => ice.TrySpend(bytes);

    /// <summary>True when the peer showed that it can read at an address, and something came from there within the last seconds.</summary>
    public bool Holds(long nowTicks, in TransportAddress address) => ice.IsHeld(nowTicks, address);

    /// <summary>Says goodbye to the peer: poll once more to send the close_notify. A peer whose consent ran out gets nothing any more.</summary>
    public void Close(long nowTicks)
    {
        if (nowTicks < ice.LastConsentTicks + options.ConsentTimeoutTicks)
        {
            channel.Close(nowTicks);
        }
        else
        {
            channel.Dispose();
        }

        Update();
    }

    public void Dispose()
    {
        channel.Dispose();
        Update();
    }

    private long SilenceDeadlineTicks => Math.Min(
        lastHeardTicks + options.SilenceTimeoutTicks, ice.LastConsentTicks + options.ConsentTimeoutTicks);

    private DatagramResult HandleMedia(long nowTicks, in TransportAddress from, Span<byte> datagram, bool isRtp)
    {
        if (!ice.FollowsMedia && !ice.IsValidated(from))
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
        if (status != SrtpStatus.Ok)
        {
            return DatagramResult.Dropped(status switch
            {
                SrtpStatus.Malformed => DropReason.SrtpMalformed,
                SrtpStatus.Replayed => DropReason.SrtpReplay,
                SrtpStatus.TooManyStreams => DropReason.SrtpTooManyStreams,
                _ => DropReason.SrtpAuthentication,
            });
        }

        // Media alone is no consent to be sent to (RFC 7675 §5.1): once that ran out, only a check brings it back.
        if (State == PeerTransportState.Connected && ice.OnMedia(nowTicks, from, datagram.Length, session.LastWasNewest, outgoing))
        {
            Update();
        }

        return isRtp ? DatagramResult.Rtp(length) : DatagramResult.Rtcp(length);
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

        if (!ice.TakesDtls(nowTicks, from))
        {
            return DatagramResult.Dropped(DropReason.DtlsRate);
        }

        ice.CountReceived(from, datagram.Length);
        var handshaking = !channel.IsEstablished;
        var reason = channel.HandleRecords(nowTicks, datagram);
        if (handshaking && channel.IsEstablished)
        {
            // Its last message answers what was sent only there, so the peer can read there. Its own source address proves nothing.
            ice.OnEstablished(nowTicks, handshakeTo == from ? from : null);
        }

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
