using MeetOperator.MediaNode.Egress;
using MeetOperator.MediaNode.Limits;
using MeetOperator.MediaNode.Paths;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Transport;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Egress;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Loops;

/// <summary>One peer connection on one loop: its transport and its egress lane. Used only on the loop's thread.</summary>
internal sealed class PeerSession : IPeerEgress, ILoopTimer, IDisposable
{
    /// <summary>Time without any datagram (media, reports or checks) after which a connected client counts as silent.</summary>
    public const long SilenceTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>Minimum time between two runs of the timers, so that a deadline in the past does not keep the loop busy.</summary>
    private const long MinTimerTicks = TimeSpan.TicksPerMillisecond / 2;

    /// <summary>
    /// Maximum size of an accepted RTP packet. On the way out it gets an RTX header (2 bytes), header extensions (up to 30), the SRTP tag (up to 20), and the headers of UDP
    /// (8) and IPv6 (40). That is 1,500 bytes.
    /// </summary>
    private const int MaxRtpBytes = 1400;
    private readonly MediaLoop _loop;
    private readonly LoopEgress _egress;
    private readonly EgressLane _lane;
    private readonly IPeerSessionOwner _owner;
    private readonly IngressLimit _ingress;
    private readonly PathGuard _paths;

    /// <summary>The TCP connection that ICE has selected, or that of the tunnel; null for UDP.</summary>
    private StreamSender? _stream;
    private bool _connected;
    private bool _failed;
    private long _earliestTimeoutTicks = long.MinValue;

    public PeerSession(string id, PeerTransport transport, MediaLoop loop, IPeerSessionOwner owner, IngressLimit ingress, PathGuard paths)
    {
        Id = id;
        Transport = transport;
        _loop = loop;
        _egress = loop.Egress;
        _lane = new EgressLane(_egress);
        _owner = owner;
        _ingress = ingress;
        _paths = paths;
    }

    public string Id { get; }

    public PeerTransport Transport { get; }

    /// <summary>Whose places the TCP connections of the session take (<see cref="PathGuard.Tenant"/>).</summary>
    public string Tenant => _paths.Tenant;

    /// <summary>The number of <see cref="PeerTransport.StreamsOpened"/> that the peer table has indexed.</summary>
    public int StreamsIndexed { get; set; }

    public bool IsReady => _connected;

    /// <summary>Whether the session is connected and has received no authenticated datagram for <see cref="SilenceTicks"/>.</summary>
    public bool IsSilent(long nowTicks) => _connected && nowTicks - Transport.LastReceivedTicks > SilenceTicks;

    /// <summary>
    /// When the kernel received the datagram that is being handled, in monotonic ticks. Only measurements use it; everything else uses the time at which the batch was read.
    /// </summary>
    public long ArrivalTicks { get; private set; }

    /// <summary>Handles a datagram. Returns true when a STUN check or SRTP authenticated its sender as the peer of this session.</summary>
    public bool Handle(long nowTicks, long arrivalTicks, in TransportAddress from, Span<byte> datagram)
    {
        ArrivalTicks = arrivalTicks;
        if (FindDenial(from) is var denial and not PathDenial.None)
        {
            _loop.IngressDrops.Count(denial);
            return false;
        }

        if (_ingress.IsExhausted(nowTicks) && PacketClassifier.Classify(datagram) is PacketKind.Rtp or PacketKind.Rtcp)
        {
            _loop.IngressDrops.OverRate++;
            return false;
        }

        var result = Transport.HandleDatagram(nowTicks, from, datagram, arrivalTicks);
        switch (result.Kind)
        {
            case DatagramKind.Rtp:
                AfterMedia();
                _ingress.Count(nowTicks, datagram.Length);
                if (result.Length > MaxRtpBytes)
                {
                    _loop.IngressDrops.TooLarge++;
                    return true;
                }

                if (ReceivedPackets.Record(_loop, nowTicks, datagram, _owner.OnRtp(this, nowTicks, datagram[..result.Length])) is { } wake)
                {
                    WakeAt(wake);
                }

                return true;
            case DatagramKind.Rtcp:
                WakeSoon(nowTicks);
                AfterMedia();
                _ingress.Count(nowTicks, datagram.Length);
                _owner.OnRtcp(this, nowTicks, datagram[..result.Length]);
                return true;
            case DatagramKind.Handled:
                Drain();
                if (!_connected)
                {
                    _loop.Rest.OnActivity(nowTicks);
                }

                WakeAt(Transport.NextTimeoutTicks);
                return true;
            default:
                Drain();
                return false;
        }
    }

    public long DeadlineTicks { get; set; } = long.MaxValue;

    public long HandleTimeout(long nowTicks)
    {
        _earliestTimeoutTicks = nowTicks + MinTimerTicks;
        if (Transport.NextTimeoutTicks <= nowTicks)
        {
            Transport.HandleTimeout(nowTicks);
            Drain();
        }
        else if (Transport.HasNewState)
        {
            Drain(); // the answer came after the handshake, whose certificate it confirms
        }

        return Math.Max(_earliestTimeoutTicks, Math.Min(_owner.HandleTimeout(nowTicks), Transport.NextTimeoutTicks));
    }

    public void WakeAt(long ticks) => _loop.Deadlines.Add(this, Math.Max(ticks, _earliestTimeoutTicks));

    public void Fail(Exception error)
    {
        if (!_failed)
        {
            (_failed, _connected) = (true, false);
            _loop.EndAfterFailure(this, _owner, error);
        }
    }

    public EgressPressure Pressure => _stream is { } stream ? stream.Pressure : EgressPressure.None;

    public ReadOnlySpan<byte> SendAudio(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) =>
        _stream is { } stream ? SendRtp(stream, StreamLane.Urgent, header, payload) : SendRtp(header, payload);

    public ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        if (!_connected)
        {
            return default;
        }

        if (_stream is { } stream)
        {
            return SendRtp(stream, StreamLane.Video, header, payload);
        }

        var space = _lane.Reserve(header.Length + payload.Length + PeerTransport.ProtectionBytes);
        var length = Transport.ProtectRtp(header, payload, space);
        _lane.Commit(length);
        return space[..length];
    }

    public void Retransmit(ReadOnlySpan<byte> packet)
    {
        if (_connected && Transport.TrySpendRetransmission(packet.Length))
        {
            if (_stream is { } stream)
            {
                stream.Send(StreamLane.Video, packet);
                return;
            }

            packet.CopyTo(_lane.Reserve(packet.Length));
            _lane.Commit(packet.Length);
        }
    }

    public void SendRtcp(ReadOnlySpan<byte> compound)
    {
        if (!_connected)
        {
            return;
        }

        var length = compound.Length + PeerTransport.ProtectionBytes;
        if (_stream is { } stream)
        {
            if (stream.Reserve(StreamLane.Urgent, length) is { IsEmpty: false } place)
            {
                stream.Commit(StreamLane.Urgent, Transport.ProtectRtcp(compound, place));
            }

            return;
        }

        var space = _lane.Reserve(length);
        _lane.Commit(Transport.ProtectRtcp(compound, space));
    }

    /// <summary>The client's tunnel has this connection from now on, which the egress knows already.</summary>
    public void OpenTunnel(long nowTicks, in TransportAddress connection)
    {
        Transport.OpenTunnel(nowTicks, connection);
        UpdateDestination(); // first: the owner may send as soon as it knows that the session is connected
        Drain();
        WakeAt(Transport.NextTimeoutTicks);
    }

    /// <summary>Whether the session may use a path.</summary>
    public bool MayUse(in TransportAddress from) => FindDenial(from) == PathDenial.None;

    /// <summary>
    /// Forgets the paths that the session may no longer use, after the rule of the room or the relays have changed. Returns true when media uses such a path. The session must then end: otherwise, the client
    /// would notice only after some seconds that the path is dead, even if it has another one.
    /// </summary>
    public bool DropDeniedPaths(long nowTicks)
    {
        if (Transport.IsTunnel ? !_paths.AllowsTunnels : Transport.SelectedAddress is { } selected && !MayUse(selected))
        {
            return true;
        }

        Transport.ClosePaths(nowTicks, address => !MayUse(address));
        return false;
    }

    /// <summary>A TCP connection of the peer has ended.</summary>
    public void OnConnectionClosed(long nowTicks, in TransportAddress address)
    {
        Transport.OnConnectionClosed(nowTicks, address);
        UpdateDestination();
        WakeAt(Transport.NextTimeoutTicks);
    }

    /// <summary>Sends DTLS close_notify, so that the peer detects the end at once. The owner gets no further calls.</summary>
    public void SendClose(long nowTicks)
    {
        _connected = false;
        Transport.Close(nowTicks);
        while (Transport.TryPoll(out var output))
        {
            if (output.Kind == TransportOutputKind.Transmit)
            {
                _egress.SendControl(output.To, output.Datagram);
            }
        }
    }

    public void Dispose()
    {
        _connected = false;
        Transport.Dispose();
    }

    /// <summary>The rules for addresses are not for tunnels: the other end of a tunnel is signaling.</summary>
    private PathDenial FindDenial(in TransportAddress from) =>
        !Transport.IsTunnel ? _paths.Find(from) : _paths.AllowsTunnels ? PathDenial.None : PathDenial.Tunnel;

    /// <summary>Runs the timers soon after feedback, which may have set them.</summary>
    private void WakeSoon(long nowTicks) => WakeAt(TickSchedule.Next(nowTicks));

    private ReadOnlySpan<byte> SendRtp(StreamSender stream, StreamLane lane, ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        var space = _connected ? stream.Reserve(lane, header.Length + payload.Length + PeerTransport.ProtectionBytes) : default;
        if (space.IsEmpty)
        {
            return default;
        }

        var length = Transport.ProtectRtp(header, payload, space);
        stream.Commit(lane, length);
        return space[..length];
    }

    private void Drain()
    {
        while (Transport.TryPoll(out var output))
        {
            if (output.Kind == TransportOutputKind.Transmit)
            {
                _egress.SendControl(output.To, output.Datagram);
                continue;
            }

            _connected = output.State == PeerTransportState.Connected;
            _owner.OnStateChanged(this, output.State);
            WakeAt(0);
        }

        UpdateDestination();
    }

    private void AfterMedia()
    {
        if (Transport.HasDatagrams)
        {
            Drain();
        }
        else
        {
            UpdateDestination();
        }
    }

    /// <summary>Sends queued packets to the previous address, and later packets to the address that ICE has selected since.</summary>
    private void UpdateDestination()
    {
        if (Transport.SelectedAddress is { } selected && selected != _lane.Destination)
        {
            _egress.Flush();
            _lane.Destination = selected;
            _stream = selected.Connection == 0 ? null : _egress.Streams.Find(selected.Connection);
        }
    }
}
