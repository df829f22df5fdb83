using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtp.Packets;
using MeetOperator.Srtp;

namespace MeetOperator.Rtc.Transport;

/// <summary>
/// The transport of one peer connection: ICE, DTLS and SRTP. It does no I/O: the owner passes datagrams and the time, polls outputs, and
/// reads the next timeout. Not thread-safe; one loop owns it. All times are monotonic 100 ns ticks.
/// </summary>
public sealed class PeerTransport : IDisposable
{
    /// <summary>Maximum number of bytes that protection adds: the tag of AES-GCM (16) or HMAC-SHA1-80 (10), and the SRTCP index (4).</summary>
    public const int ProtectionBytes = 20;

    private readonly PeerTransportOptions _options;
    private readonly IIceAgent _ice;
    private readonly OutgoingDatagrams _outgoing = new();
    private readonly SecureChannel _channel;
    private long _lastReceivedTicks;
    private PeerTransportState _reportedState;

    /// <summary>The address that received all handshake datagrams; null before the first datagram and when several addresses received some.</summary>
    private TransportAddress? _handshakeAddress;
    private bool _hasSentHandshake;

    public PeerTransport(PeerTransportOptions options)
    {
        _options = options;
        LocalCredentials = options.LocalCredentials;
        _ice = options.IsTunnel ? new TunnelAgent()
            : options.IceRole == IceRole.Controlling
            ? new IceControllingAgent(options.LocalCredentials, options.Random)
            : new IceLiteAgent(options.LocalCredentials, options.Random, options.ConsentTimeoutTicks);
        _channel = new SecureChannel(options);
    }

    public IceCredentials LocalCredentials { get; private set; }

    /// <summary>The peer's credentials from signaling, or null.</summary>
    public IceCredentials? RemoteCredentials { get; private set; }

    public PeerTransportState State { get; private set; }

    /// <summary>The reason for the state <see cref="PeerTransportState.Failed"/>.</summary>
    public TransportFailure Failure => _channel.Failure;

    /// <summary>The destination of media: the address that the peer nominated or that its latest media came from.</summary>
    public TransportAddress? SelectedAddress => _ice.Selected;

    /// <summary>The round trip to that address as the media node's last check measured it; null when none has.</summary>
    public PathRoundTrip? PathRoundTrip => _ice.RoundTrip;

    /// <summary>The negotiated profile; null before the connection is established, and on a tunnel.</summary>
    public SrtpProfile? Profile => _channel.Session?.Profile;

    /// <summary>Whether the packets travel on a connection of the host (<see cref="OpenTunnel"/>).</summary>
    public bool IsTunnel => _options.IsTunnel;

    public DropCounters Drops { get; } = new();

    /// <summary>The number of times that the peer opened a stream (SSRC). Increases with the first packet of a stream.</summary>
    public int StreamsOpened => _channel.Session?.StreamsOpened ?? 0;

    /// <summary>The time of the last authentic media, report or check from the peer.</summary>
    public long LastReceivedTicks => _lastReceivedTicks;

    /// <summary>The time of the next <see cref="HandleTimeout"/> call; <see cref="long.MaxValue"/> for never.</summary>
    public long NextTimeoutTicks { get; private set; } = long.MaxValue;

    /// <summary>Sets the peer's credentials and fingerprint and, for a controlling agent, the address to check.</summary>
    public void SetRemote(IceCredentials credentials, Fingerprint fingerprint, TransportAddress? candidate = null) =>
        SetRemote(credentials, [fingerprint], candidate);

    /// <summary>Sets the peer's credentials and several fingerprints. The peer's certificate must match one of them.</summary>
    public void SetRemote(IceCredentials credentials, IReadOnlyList<Fingerprint> fingerprints, TransportAddress? candidate = null)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        ArgumentNullException.ThrowIfNull(fingerprints);
        RemoteCredentials = credentials;
        _ice.SetRemote(credentials, candidate);
        _channel.SetRemoteFingerprints(fingerprints);
        Update();
    }

    /// <summary>
    /// Restarts ICE with new local credentials after a network change. Call <c>SetRemote</c> with the peer's new credentials afterwards. Keys
    /// and media are not interrupted.
    /// </summary>
    public void RestartIce(IceCredentials local)
    {
        ArgumentNullException.ThrowIfNull(local);
        LocalCredentials = local;
        _ice.Restart(local);
    }

    /// <summary>
    /// Uses a connection of the host for everything from now on, in place of an earlier one. The host has made sure that it leads to the peer. Only for a transport with
    /// <see cref="PeerTransportOptions.IsTunnel"/>.
    /// </summary>
    public void OpenTunnel(long nowTicks, in TransportAddress connection)
    {
        if (_ice is not TunnelAgent tunnel)
        {
            throw new InvalidOperationException("This transport is not a tunnel.");
        }

        tunnel.Open(nowTicks, connection);
        _channel.OpenTunnel();
        Update(nowTicks);
    }

    /// <summary>
    /// Processes one datagram. STUN and DTLS are consumed. SRTP and SRTCP are verified and decrypted in place, so that the buffer then
    /// starts with the decrypted packet.
    /// </summary>
    /// <param name="nowTicks">The time at which the datagram is processed.</param>
    /// <param name="from">Its source.</param>
    /// <param name="datagram">The datagram, which may be changed.</param>
    /// <param name="arrivalTicks">When the datagram arrived, for round trips; null when that is the same time.</param>
    public DatagramResult HandleDatagram(long nowTicks, in TransportAddress from, Span<byte> datagram, long? arrivalTicks = null)
    {
        var result = PacketClassifier.Classify(datagram) switch
        {
            PacketKind.Rtp => HandleMedia(nowTicks, from, datagram, isRtp: true),
            PacketKind.Rtcp => HandleMedia(nowTicks, from, datagram, isRtp: false),
            PacketKind.Stun => HandleStun(nowTicks, from, datagram, arrivalTicks),
            PacketKind.Dtls => HandleDtls(nowTicks, from, datagram),
            _ => DatagramResult.Dropped(DropReason.UnknownKind),
        };

        if (result.Kind == DatagramKind.Dropped)
        {
            Drops.Count(result.DropReason);
        }
        else if (result.Kind != DatagramKind.Handled)
        {
            _lastReceivedTicks = nowTicks;
        }

        return result;
    }

    /// <summary>Whether queued datagrams wait for <see cref="TryPoll"/>. Media rarely queues any, so a host can check this first.</summary>
    public bool HasDatagrams => _outgoing.Count > 0;

    /// <summary>Whether <see cref="State"/> has changed and <see cref="TryPoll"/> has not told yet, as after <see cref="SetRemote(IceCredentials, Fingerprint, TransportAddress?)"/>.</summary>
    public bool HasNewState => _reportedState != State;

    /// <summary>Gets the next output; false when there is none. Call this until it returns false after each datagram and timeout.</summary>
    public bool TryPoll(out TransportOutput output)
    {
        if (_outgoing.TryTake(out var to, out var datagram))
        {
            output = new TransportOutput(to, datagram);
            return true;
        }

        if (_ice.Selected is { } selected)
        {
            // Output beyond the allowance of the address waits until more bytes arrive from it.
            var buffer = _outgoing.Reserve();
            if (_channel.TryPoll(buffer[..(int)Math.Clamp(_ice.Allowance, 0, buffer.Length)], out var written))
            {
                _ice.TrySpend(written);
                if (!_channel.IsEstablished)
                {
                    _handshakeAddress = !_hasSentHandshake || _handshakeAddress == selected ? selected : null;
                    _hasSentHandshake = true;
                }

                output = new TransportOutput(selected, buffer[..written]);
                return true;
            }
        }

        output = new TransportOutput(State);
        var changed = _reportedState != State;
        _reportedState = State;
        return changed;
    }

    /// <summary>Runs due retransmissions, checks and expirations.</summary>
    public void HandleTimeout(long nowTicks)
    {
        if (State is PeerTransportState.Failed or PeerTransportState.Closed)
        {
            return;
        }

        _ice.HandleTimeout(nowTicks, _outgoing);
        _channel.HandleTimeout(nowTicks);
        Update(nowTicks);
    }

    /// <summary>
    /// Writes header, encrypted payload and tag to the destination without an intermediate copy of the payload. Allocates only for the
    /// first packet of an SSRC.
    /// </summary>
    /// <returns>
    /// The number of bytes written, or 0 when there are no keys, the destination is too small, the packet exceeds the allowance of the selected
    /// address, or the SSRC has used the sequence number before. Retransmissions use the RTX stream.
    /// </returns>
    public int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination) =>
        _channel.Session is { } session && _ice.TrySpend(header.Length + payload.Length + ProtectionBytes)
            ? session.ProtectRtp(header, payload, destination)
            : 0;

    /// <summary>Encrypts a compound RTCP packet.</summary>
    /// <returns>
    /// The number of bytes written, or 0 when there are no keys, the destination is too small, or the packet exceeds the allowance of the
    /// selected address.
    /// </returns>
    public int ProtectRtcp(ReadOnlySpan<byte> packet, Span<byte> destination) =>
        _channel.Session is { } session && _ice.TrySpend(packet.Length + ProtectionBytes) ? session.ProtectRtcp(packet, destination) : 0;

    /// <summary>Deducts a datagram that is sent again unchanged from the allowance of the selected address. False when it must not be sent.</summary>
    public bool TrySpendRetransmission(int bytes) => _ice.TrySpend(bytes);

    /// <summary>Whether the address is confirmed (the peer has shown that it receives there) and was active in the last seconds.</summary>
    public bool IsInUse(long nowTicks, in TransportAddress address) => _ice.IsInUse(nowTicks, address);

    /// <summary>A TCP connection of the peer has ended. Media moves to another address of the peer if there is one, otherwise with the next valid check.</summary>
    public void OnConnectionClosed(long nowTicks, in TransportAddress address)
    {
        _ice.OnClosed(nowTicks, address);
        Update();
    }

    /// <summary>Forgets the addresses that the peer may no longer use, so that nothing is sent there. Media moves to another address of the peer if there is one.</summary>
    public void ClosePaths(long nowTicks, Predicate<TransportAddress> isDenied)
    {
        ArgumentNullException.ThrowIfNull(isDenied);
        _ice.ClosePaths(nowTicks, isDenied);
        Update();
    }

    /// <summary>Closes the transport. Poll once more to send the close_notify alert. A peer whose consent has expired receives nothing.</summary>
    public void Close(long nowTicks)
    {
        if (nowTicks < _ice.LastConsentTicks + _options.ConsentTimeoutTicks)
        {
            _channel.Close(nowTicks);
        }
        else
        {
            _channel.Dispose();
        }

        Update();
    }

    public void Dispose()
    {
        _channel.Dispose();
        Update();
    }

    private long SilenceDeadlineTicks => Math.Min(
        _lastReceivedTicks + _options.SilenceTimeoutTicks, _ice.LastConsentTicks + _options.ConsentTimeoutTicks);

    private DatagramResult HandleMedia(long nowTicks, in TransportAddress from, Span<byte> datagram, bool isRtp)
    {
        if (!_ice.AllowsUnvalidatedMedia && !_ice.IsValidated(from))
        {
            return DatagramResult.Dropped(DropReason.UnvalidatedSource);
        }

        if (_channel.Session is not { } session)
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

        // Media is no consent to send (RFC 7675 §5.1). After consent expires, only a check renews it.
        if (State == PeerTransportState.Connected && _ice.OnMedia(nowTicks, from, datagram.Length, session.IsNewestPacket, _outgoing))
        {
            Update();
        }

        return isRtp ? DatagramResult.Rtp(length) : DatagramResult.Rtcp(length);
    }

    private DatagramResult HandleStun(long nowTicks, in TransportAddress from, ReadOnlySpan<byte> datagram, long? arrivalTicks)
    {
        if (State is PeerTransportState.Failed or PeerTransportState.Closed)
        {
            return DatagramResult.Dropped(DropReason.NotConnected);
        }

        var reason = _ice.Handle(nowTicks, from, datagram, _outgoing, arrivalTicks);
        if (reason != DropReason.None)
        {
            return DatagramResult.Dropped(reason);
        }

        if (_ice.Selected is not null)
        {
            _channel.Start(nowTicks);
        }

        Update(nowTicks);
        return DatagramResult.Handled;
    }

    private DatagramResult HandleDtls(long nowTicks, in TransportAddress from, ReadOnlySpan<byte> datagram)
    {
        // A ClientHello must come from an address with a valid check. Only a peer that knows the ICE password may start a handshake.
        if (!_ice.IsValidated(from))
        {
            return DatagramResult.Dropped(DropReason.UnvalidatedSource);
        }

        if (!_ice.TryAcceptDtls(nowTicks, from))
        {
            return DatagramResult.Dropped(DropReason.DtlsRate);
        }

        _ice.CountReceived(from, datagram.Length);
        var handshaking = !_channel.IsEstablished;
        var reason = _channel.HandleRecords(nowTicks, datagram);
        if (handshaking && _channel.IsEstablished)
        {
            // The peer's last message depends on datagrams that were sent only to this address, so the peer receives there. The source address
            // alone would not confirm that.
            _ice.OnEstablished(nowTicks, _handshakeAddress == from ? from : null);
        }

        Update(nowTicks);
        return reason == DropReason.None ? DatagramResult.Handled : DatagramResult.Dropped(reason);
    }

    private void Update(long nowTicks)
    {
        if (State is not (PeerTransportState.Failed or PeerTransportState.Closed))
        {
            _lastReceivedTicks = Math.Max(_lastReceivedTicks, _ice.LastConsentTicks);
            State = _channel.HasEnded || _ice.Selected is null || nowTicks < SilenceDeadlineTicks
                ? GetChannelState()
                : PeerTransportState.Disconnected;
        }

        Update();
    }

    private void Update()
    {
        if (_channel.HasEnded || State is not (PeerTransportState.Disconnected or PeerTransportState.Failed or PeerTransportState.Closed))
        {
            State = GetChannelState();
        }

        NextTimeoutTicks = State switch
        {
            PeerTransportState.Failed or PeerTransportState.Closed => long.MaxValue,
            _ => Math.Min(
                Math.Min(_ice.NextTimeoutTicks, _channel.NextTimeoutTicks),
                _ice.Selected is null || State == PeerTransportState.Disconnected
                    ? long.MaxValue
                    : SilenceDeadlineTicks),
        };
    }

    private PeerTransportState GetChannelState() => _channel.State switch
    {
        SecureChannelState.Failed => PeerTransportState.Failed,
        SecureChannelState.Closed => PeerTransportState.Closed,
        SecureChannelState.Ready => PeerTransportState.Connected,
        _ => _ice.Selected is null ? PeerTransportState.New : PeerTransportState.Connecting,
    };
}
