using MeetOperator.Relay.Channel;
using MeetOperator.Relay.Framing;
using MeetOperator.Relay.Keys;
using MeetOperator.Relay.Messages;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Srtp;

namespace MeetOperator.Relay.Transport;

/// <summary>
/// One end of a link between two media nodes (docs/relay.md): handshake, packet protection, renewal of keys, pings, and an ordered channel for messages. It does no I/O: the
/// owner passes datagrams and the time, polls outputs, and reads the next timeout. All times are monotonic 100 ns ticks. Not thread-safe; one loop owns it. Relaying a packet
/// allocates nothing, apart from the first packet of a stream.
/// </summary>
public sealed class LinkTransport : IDisposable
{
    /// <summary>Maximum length of a datagram that <see cref="TryPoll"/> writes.</summary>
    public const int MaximumControlBytes = 1200;

    /// <summary>Maximum number of bytes that protection adds to a packet: header, authentication tag and SRTCP index.</summary>
    public const int ProtectionBytes = LinkDatagram.HeaderLength + 20;

    /// <summary>Maximum length of a message in bytes.</summary>
    public const int MaximumMessageBytes = OrderedChannel.MaximumMessageLength;

    private const uint ControlName = 0x4C494E4B; // "LINK"
    private const uint ControlSsrc = 0;

    /// <summary>How long the opener waits before it greets an end that has said goodbye.</summary>
    private const long GoodbyeDelayTicks = TimeSpan.TicksPerSecond;

    /// <summary>Minimum age of a session that is replaced because it is near a limit, so that the other end cannot cause one handshake after the other.</summary>
    private const long MinimumSessionTicks = 10 * TimeSpan.TicksPerSecond;

    private static readonly (ushort, ushort) AllEpochs = (ushort.MinValue, ushort.MaxValue);

    private readonly LinkOptions _options;
    private readonly LinkSecrets _secrets;
    private readonly LinkSessions _sessions = new();
    private readonly LinkProbe _probe = new();
    private readonly OpenerHandshake _opener;
    private readonly AcceptorHandshake _acceptor;
    private readonly byte[] _control = new byte[MaximumControlBytes];
    private readonly byte[] _data = new byte[MaximumControlBytes];
    private OrderedChannel? _channel;
    private ushort _channelNumber;
    private byte[] _farewell = [];
    private bool _isRenewing;

    public LinkTransport(LinkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _secrets = new LinkSecrets(options.Tags);
        var newChannels = new NewChannelLimit();
        _opener = new OpenerHandshake(options, _secrets, newChannels);
        _acceptor = new AcceptorHandshake(options, _secrets, newChannels);
    }

    public LinkState State { get; private set; }

    /// <summary>
    /// The number of ordered channels opened so far. When it grows, the other end knows nothing of what was sent before, and the owner sends its full state. Renewed keys and
    /// short interruptions do not change it.
    /// </summary>
    public int ChannelsOpened { get; private set; }

    /// <summary>The epoch of the current session; null when there is none.</summary>
    public ushort? Epoch => _sessions.Current?.Epoch;

    /// <summary>The reason that the other end gave when it last said goodbye; null when it never did.</summary>
    public ByeReason? RemoteByeReason { get; private set; }

    /// <summary>The smoothed round trip; 0 before the first measurement.</summary>
    public long RoundTripTicks => _probe.RoundTripTicks;

    /// <summary>The fraction of RTP packets to this end that was lost in about the last second, from 0 to 1.</summary>
    public double InboundLoss => _probe.InboundLoss;

    /// <summary>The fraction of RTP packets to the other end that was lost in about the last second, from 0 to 1.</summary>
    public double OutboundLoss => _probe.OutboundLoss;

    public LinkDropCounters Drops { get; } = new();

    /// <summary>The time of the next <see cref="HandleTimeout"/> call; <see cref="long.MaxValue"/> for never. May be in the past.</summary>
    public long NextTimeoutTicks
    {
        get
        {
            if (_farewell.Length > 0)
            {
                return 0;
            }

            var handshake = Math.Min(Math.Min(_opener.NextTimeoutTicks, _acceptor.NextTimeoutTicks), _sessions.NextTimeoutTicks);
            return _sessions.Current is null ? handshake : Math.Min(handshake, Math.Min(_probe.NextTimeoutTicks, _channel?.NextTimeoutTicks ?? long.MaxValue));
        }
    }

    /// <summary>
    /// Replaces the secrets of the link and takes ownership of them; a closed link clears them. Sessions whose secret is gone end at once. The opener renews the session when both ends have a newer secret.
    /// </summary>
    public void SetSecrets(long nowTicks, params IEnumerable<LinkSecret> secrets)
    {
        if (State == LinkState.Closed)
        {
            _secrets.Replace(secrets);
            _secrets.Dispose();
            return;
        }

        var hadSession = _sessions.Current is not null;
        var ended = _secrets.Replace(secrets);
        _sessions.Remove(session => ended.Contains(session.Epoch));
        if (hadSession && _sessions.Current is null)
        {
            End();
        }

        _opener.OnSecretsChanged(nowTicks, ended);
        if (_sessions.Current is null)
        {
            Reopen(nowTicks);
        }

        Renew(nowTicks);
    }

    /// <summary>
    /// Handles a datagram whose tag is that of this end. A packet is verified and decrypted in place. Poll afterwards, and take the received messages.
    /// </summary>
    public LinkReceived Handle(long nowTicks, Span<byte> datagram)
    {
        var result = HandleDatagram(nowTicks, datagram);
        if (result.Kind == LinkReceivedKind.Dropped)
        {
            Drops.Count(result.DropReason);
        }

        return result;
    }

    /// <summary>
    /// Writes the next datagram for the other end. False when there is none. Call this until it returns false after each datagram, message and timeout.
    /// </summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="destination">Space for <see cref="MaximumControlBytes"/> bytes.</param>
    /// <param name="written">The length of the datagram.</param>
    public bool TryPoll(long nowTicks, Span<byte> destination, out int written)
    {
        written = _farewell.Length;
        _farewell.CopyTo(destination);
        _farewell = [];
        if (written == 0 && State != LinkState.Closed)
        {
            written = _options.Role == LinkRole.Opener ? _opener.Write(nowTicks, destination) : _acceptor.Write(destination);
        }

        if (written == 0 && _sessions.Current is { } session)
        {
            written = WriteControl(nowTicks, session, destination);
        }

        return written > 0;
    }

    /// <summary>Detects silence and ends what has expired. Poll afterwards.</summary>
    public void HandleTimeout(long nowTicks)
    {
        _sessions.HandleTimeout(nowTicks);
        if (State == LinkState.Closed || _sessions.Current is null)
        {
            return;
        }

        _channel?.HandleTimeout(nowTicks);
        _probe.HandleTimeout(nowTicks);
        if (_channel is { IsBroken: true } || _probe.HasGivenUp(nowTicks))
        {
            End();
            Reopen(nowTicks);
        }
        else if (_probe.IsSilent)
        {
            State = LinkState.Broken;
            Reopen(nowTicks);
        }
    }

    /// <summary>
    /// Writes a link datagram with an RTP packet, without an intermediate copy of the payload. The owner numbers each stream with gaps below 2^15: after a larger one, neither end
    /// can tell how often the number has wrapped (RFC 3711 §3.3.1), and packets are refused.
    /// </summary>
    /// <returns>
    /// The number of bytes written, or 0 when there is no session, the destination is too small, or the SSRC has used the sequence number before.
    /// </returns>
    public int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        if (_sessions.Current is not { } session || destination.Length < LinkDatagram.HeaderLength)
        {
            return 0;
        }

        var length = session.Srtp.ProtectRtp(header, payload, destination[LinkDatagram.HeaderLength..]);
        if (length == 0)
        {
            return 0;
        }

        _probe.OnRtpSent();
        return WriteHeader(LinkDatagramKind.Rtp, session, destination, length);
    }

    /// <summary>Writes a link datagram with an RTCP compound packet about media.</summary>
    /// <returns>
    /// The number of bytes written, or 0 when there is no session, the destination is too small, or the other end would take the compound packet for control packets.
    /// </returns>
    public int ProtectRtcp(ReadOnlySpan<byte> compound, Span<byte> destination) =>
        IsControl(compound) ? 0 : ProtectCompound(compound, destination);

    /// <summary>Writes a link datagram with any compound packet.</summary>
    internal int ProtectCompound(ReadOnlySpan<byte> compound, Span<byte> destination) =>
        _sessions.Current is { } session ? Protect(session, compound, destination) : 0;

    /// <summary>
    /// Queues a message for the other end, which receives all messages in order. False when there is no session, or when a limit of the channel is reached: the link then
    /// breaks and opens a new channel.
    /// </summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="message">1 to <see cref="MaximumMessageBytes"/> bytes.</param>
    /// <param name="key">A message with the same key that was not sent yet is replaced; null for none.</param>
    public bool TrySend(long nowTicks, ReadOnlySpan<byte> message, ulong? key = null)
    {
        if (_channel is not { } channel)
        {
            return false;
        }

        var isQueued = channel.TrySend(message, key);
        if (channel.IsBroken)
        {
            End();
            Reopen(nowTicks);
        }

        return isQueued;
    }

    /// <summary>
    /// Whether there is room for messages that can also be sent later: at most half of the messages wait that may wait, and the other end answers pings. What is sent while it does not would arrive
    /// there together.
    /// </summary>
    public bool HasRoom => _channel is { HasRoom: true } && !_probe.IsUnanswered;

    /// <summary>Gets the next message from the other end. It is valid until the next call of a method.</summary>
    public bool TryReceive(out ReadOnlySpan<byte> message)
    {
        message = default;
        return _channel is { } channel && channel.TryReceive(out message);
    }

    /// <summary>Says goodbye and forgets all keys. Poll once more. The goodbye may be lost; the other end then notices the silence.</summary>
    public void Close(long nowTicks, ByeReason reason)
    {
        if (State == LinkState.Closed)
        {
            return;
        }

        if (_sessions.Current is { } session)
        {
            Span<byte> bye = stackalloc byte[ByeMessage.Length];
            new ByeMessage(reason).Write(bye);
            Span<byte> datagram = stackalloc byte[128];
            _farewell = datagram[..WriteControl(session, ControlPacketType.Bye, bye, datagram)].ToArray();
        }

        Forget();
    }

    public void Dispose()
    {
        _farewell = [];
        Forget();
    }

    private void Forget()
    {
        State = LinkState.Closed;
        _channel = null;
        _opener.Stop();
        _acceptor.Stop();
        _sessions.Dispose();
        _secrets.Dispose();
    }

    private LinkReceived HandleDatagram(long nowTicks, Span<byte> datagram)
    {
        if (!LinkDatagram.TryRead(datagram, out var header))
        {
            return LinkReceived.Dropped(LinkDropReason.Malformed);
        }

        if (header.Tag != _options.LocalTag)
        {
            return LinkReceived.Dropped(LinkDropReason.UnknownTag);
        }

        if (State == LinkState.Closed)
        {
            return LinkReceived.Dropped(LinkDropReason.Closed);
        }

        if (header.Kind is LinkDatagramKind.Rtp or LinkDatagramKind.Rtcp)
        {
            return _sessions.Find(header.Number) is { } session
                ? HandlePacket(nowTicks, session, header.Kind == LinkDatagramKind.Rtp, datagram[LinkDatagram.HeaderLength..])
                : LinkReceived.Dropped(LinkDropReason.UnknownSession);
        }

        var reason = HandshakeMessage.TryRead(datagram, out var message) ? HandleHandshake(nowTicks, message, datagram) : LinkDropReason.Malformed;
        return reason == LinkDropReason.None ? LinkReceived.Handled : LinkReceived.Dropped(reason);
    }

    private LinkDropReason HandleHandshake(long nowTicks, in HandshakeMessage message, ReadOnlySpan<byte> datagram)
    {
        ushort? channel = _channel is null ? null : _channelNumber;
        LinkDropReason reason;
        switch (message.Kind)
        {
            case LinkDatagramKind.Hello when _options.Role == LinkRole.Acceptor:
                return _acceptor.Hello(nowTicks, message, datagram, channel);
            case LinkDatagramKind.Confirm when _options.Role == LinkRole.Acceptor:
                reason = _acceptor.Confirm(nowTicks, message, datagram, channel);
                if (reason == LinkDropReason.None)
                {
                    Promote(nowTicks, CreateSession(nowTicks, message));
                }

                return reason;
            case LinkDatagramKind.Accept when _options.Role == LinkRole.Opener:
                reason = _opener.Accept(nowTicks, message, datagram);
                if (reason == LinkDropReason.None)
                {
                    _sessions.SetNext(CreateSession(nowTicks, message));
                }

                return reason;
            default:
                return LinkDropReason.Unexpected;
        }
    }

    private LinkSession CreateSession(long nowTicks, in HandshakeMessage message)
    {
        var (opener, acceptor) = LinkKeySchedule.DeriveSessionKeys(_secrets.Find(message.Epoch)!.Bytes, _options.Tags, message.OpenerNonce, message.AcceptorNonce);
        var (local, remote) = _options.Role == LinkRole.Opener ? (opener, acceptor) : (acceptor, opener);
        var srtp = new SrtpSession(local, remote, _options.MaximumInboundStreams, _options.MaximumOutboundStreams, startsAnywhere: true);
        local.Clear();
        remote.Clear();
        return new LinkSession(message.Session, message.Epoch, message.Channel, srtp, nowTicks);
    }

    private void Promote(long nowTicks, LinkSession session)
    {
        _sessions.Promote(nowTicks, session);
        if (session.StartsChannel)
        {
            (_channel, _channelNumber) = (new OrderedChannel(), session.Number);
            ChannelsOpened++;
        }

        _probe.Restart(nowTicks, session.StartsChannel);
        _opener.Stop();
        State = LinkState.Up;
    }

    /// <summary>Ends all sessions and the channel. The next session starts from nothing.</summary>
    private void End()
    {
        State = State == LinkState.Opening ? LinkState.Opening : LinkState.Broken;
        _channel = null;
        _opener.Stop();
        _sessions.Dispose();
    }

    /// <summary>Lets the opener ask for a session, which continues the channel if there is one.</summary>
    private void Reopen(long atTicks)
    {
        if (_options.Role == LinkRole.Opener && (!_opener.IsRunning || (_isRenewing && !_opener.IsConfirming)))
        {
            _isRenewing = false;
            _opener.Start(atTicks, AllEpochs, _channel is null ? null : _channelNumber);
        }
    }

    /// <summary>
    /// Lets the opener replace a working session when both ends have a newer secret, or when the session is near a limit. A renewal that is not answered is tried again with the
    /// epochs that both ends may have now.
    /// </summary>
    private void Renew(long nowTicks)
    {
        if (_options.Role != LinkRole.Opener || State != LinkState.Up || _sessions.Current is not { } session
            || (_opener.IsRunning && (!_isRenewing || _opener.IsConfirming)))
        {
            return;
        }

        var isWorn = (session.Srtp.IsNearLimit || session.IsReplacementAsked) && nowTicks - session.CreatedTicks >= MinimumSessionTicks;
        (ushort Minimum, ushort Maximum) range = (isWorn ? session.Epoch : (ushort)(session.Epoch + 1), Math.Max(session.Epoch, _probe.RemoteEpoch));
        if ((isWorn || _secrets.HasEpoch(session.Epoch, range.Maximum)) && !(_opener.IsRunning && _opener.Range == range))
        {
            _isRenewing = true;
            _opener.Start(nowTicks, range, _channelNumber);
        }
    }

    private LinkReceived HandlePacket(long nowTicks, LinkSession session, bool isRtp, Span<byte> packet)
    {
        var status = isRtp ? session.Srtp.UnprotectRtp(packet, out var length) : session.Srtp.UnprotectRtcp(packet, out length);
        if (status != SrtpStatus.Ok)
        {
            return LinkReceived.Dropped(status switch
            {
                SrtpStatus.Malformed => LinkDropReason.Malformed,
                SrtpStatus.Replayed => LinkDropReason.Replayed,
                SrtpStatus.TooManyStreams => LinkDropReason.TooManyStreams,
                _ => LinkDropReason.NotAuthentic,
            });
        }

        if (_sessions.IsNext(session))
        {
            Promote(nowTicks, session);
        }

        _probe.OnReceived(nowTicks);
        if (isRtp)
        {
            _probe.OnRtpReceived();
            return new LinkReceived(LinkReceivedKind.Rtp, length, LinkDropReason.None);
        }

        var compound = packet[..length];
        if (!IsControl(compound))
        {
            return new LinkReceived(LinkReceivedKind.Rtcp, length, LinkDropReason.None);
        }

        return TryHandleControl(nowTicks, session, compound) ? LinkReceived.Handled : LinkReceived.Dropped(LinkDropReason.Malformed);
    }

    private static bool IsControl(ReadOnlySpan<byte> compound)
    {
        var reader = new RtcpReader(compound);
        return reader.MoveNext() && ApplicationDefinedPacket.TryParse(reader.Current, out var packet) && IsControl(packet);
    }

    private static bool IsControl(in ApplicationDefinedPacket packet) => packet is { Name: ControlName, Ssrc: ControlSsrc };

    private bool TryHandleControl(long nowTicks, LinkSession session, ReadOnlySpan<byte> compound)
    {
        var isValid = true;
        foreach (var packet in new RtcpReader(compound))
        {
            isValid &= ApplicationDefinedPacket.TryParse(packet, out var control) && IsControl(control)
                && TryHandleControl(nowTicks, session, (ControlPacketType)control.Subtype, control.Data);
        }

        return isValid;
    }

    /// <summary>Handles a control packet. Unknown types are ignored, so that a later version can add some. False when it is malformed.</summary>
    private bool TryHandleControl(long nowTicks, LinkSession session, ControlPacketType type, ReadOnlySpan<byte> data)
    {
        // A late packet of a session with an earlier channel says nothing about this one.
        var channel = session.Channel == _channelNumber ? _channel : null;
        switch (type)
        {
            case ControlPacketType.Segment:
                return channel is null || channel.TryHandleSegment(nowTicks, data);
            case ControlPacketType.Acknowledgement:
                return channel is null || channel.TryHandleAcknowledgement(nowTicks, data);
            case ControlPacketType.Ping when PingPacket.TryRead(data, out var ping):
                _probe.OnPing(nowTicks, ping);
                session.IsReplacementAsked |= ping.AsksForSession;
                Renew(nowTicks);
                return true;
            case ControlPacketType.Pong when PongPacket.TryRead(data, out var pong):
                session.IsReplacementAsked |= pong.AsksForSession;
                OnPong(nowTicks, pong);
                return true;
            case ControlPacketType.Bye when ByeMessage.TryRead(data, out var bye):
                OnBye(nowTicks, session, bye);
                return true;
            default:
                return type > ControlPacketType.Bye;
        }
    }

    private void OnPong(long nowTicks, in PongPacket pong)
    {
        if (_channel is null)
        {
            return; // the same datagram ended the session
        }

        _probe.OnPong(nowTicks, pong);
        _channel.RoundTripTicks = _probe.RoundTripTicks;
        State = LinkState.Up;
        if (_opener.IsRunning && !_opener.IsConfirming && !_isRenewing)
        {
            _opener.Stop(); // the session works again, so no other is needed
        }

        Renew(nowTicks);
    }

    private void OnBye(long nowTicks, LinkSession session, in ByeMessage bye)
    {
        if (session != _sessions.Current)
        {
            return; // a late packet: the other end has opened a session since
        }

        RemoteByeReason = bye.Reason;
        End();
        Reopen(nowTicks + GoodbyeDelayTicks);
    }

    private int WriteControl(long nowTicks, LinkSession session, Span<byte> destination)
    {
        Span<byte> data = _data;
        var asksForSession = session.Srtp.IsNearLimit;
        if (_probe.TryTakePong(_secrets.NewestEpoch, asksForSession, out var pong))
        {
            pong.Write(data);
            return WriteControl(session, ControlPacketType.Pong, data[..PongPacket.Length], destination);
        }

        if (_probe.TryTakePing(nowTicks, _secrets.NewestEpoch, asksForSession, out var ping))
        {
            ping.Write(data);
            return WriteControl(session, ControlPacketType.Ping, data[..PingPacket.Length], destination);
        }

        var isSegment = false;
        var length = _channel?.Write(nowTicks, data, out isSegment) ?? 0;
        return length == 0 ? 0 : WriteControl(session, isSegment ? ControlPacketType.Segment : ControlPacketType.Acknowledgement, data[..length], destination);
    }

    private int WriteControl(LinkSession session, ControlPacketType type, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        var writer = new RtcpWriter(_control);
        return writer.AddApplicationDefined((byte)type, ControlSsrc, ControlName, data) ? Protect(session, writer.Written, destination) : 0;
    }

    private int Protect(LinkSession session, ReadOnlySpan<byte> compound, Span<byte> destination)
    {
        var length = destination.Length < LinkDatagram.HeaderLength ? 0 : session.Srtp.ProtectRtcp(compound, destination[LinkDatagram.HeaderLength..]);
        return length == 0 ? 0 : WriteHeader(LinkDatagramKind.Rtcp, session, destination, length);
    }

    private int WriteHeader(LinkDatagramKind kind, LinkSession session, Span<byte> destination, int length)
    {
        LinkDatagram.WriteHeader(destination, new LinkHeader(kind, session.Number, _options.RemoteTag));
        return LinkDatagram.HeaderLength + length;
    }
}
