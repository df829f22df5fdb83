using MeetOperator.MediaNode.Egress;
using MeetOperator.MediaNode.Loops;
using MeetOperator.Rtc;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>One peer connection on one loop: the transport and the way out. Not thread-safe: the loop owns it.</summary>
internal sealed class PeerSession : IPeerEgress, IDisposable
{
    /// <summary>A connected client that says nothing for so long, neither media nor reports nor checks, is counted as silent.</summary>
    public const long SilenceTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>RTP above is not taken: with another RTX header, extensions and tag it would not fit 1,500 bytes on the way out.</summary>
    private const int MaxRtpBytes = 1400;
    private readonly MediaLoop _loop;
    private readonly LoopEgress _egress;
    private readonly EgressLane _lane;
    private readonly IPeerSessionOwner _owner;
    private readonly IngressLimit _ingress;
    private bool _connected;
    private bool _failed;

    public PeerSession(string id, SessionKind kind, PeerTransport transport, MediaLoop loop, IPeerSessionOwner owner, IngressLimit ingress)
    {
        Id = id;
        Kind = kind;
        Transport = transport;
        _loop = loop;
        _egress = loop.Egress;
        _lane = new EgressLane(_egress);
        _owner = owner;
        _ingress = ingress;
    }

    public string Id { get; }

    public SessionKind Kind { get; }

    public PeerTransport Transport { get; }

    /// <summary>How many of <see cref="PeerTransport.StreamsOpened"/> the loop's table has looked at.</summary>
    public int StreamsIndexed { get; set; }

    public bool IsReady => _connected;

    /// <summary>Connected, and yet nothing authentic came of late.</summary>
    public bool IsSilent(long nowTicks) => _connected && nowTicks - Transport.LastHeardTicks > SilenceTicks;

    /// <summary>Takes a datagram. True when its sender proved to be this session's peer, by a STUN check or by SRTP.</summary>
    public bool Handle(long nowTicks, in TransportAddress from, Span<byte> datagram)
    {
        if (_ingress.IsUsedUp(nowTicks) && PacketClassifier.Classify(datagram) is PacketKind.Rtp or PacketKind.Rtcp)
        {
            _loop.IngressDrops.OverRate++;
            return false;
        }

        var result = Transport.HandleDatagram(nowTicks, from, datagram);
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

                _owner.OnRtp(this, nowTicks, datagram[..result.Length]);
                return true;
            case DatagramKind.Rtcp:
                AfterMedia();
                _ingress.Count(nowTicks, datagram.Length);
                _owner.OnRtcp(this, nowTicks, datagram[..result.Length]);
                return true;
            case DatagramKind.Handled:
                Drain();
                return true;
            default:
                Drain();
                return false;
        }
    }

    public void HandleTimeout(long nowTicks)
    {
        if (Transport.NextTimeoutTicks <= nowTicks)
        {
            Transport.HandleTimeout(nowTicks);
            Drain();
        }

        _owner.HandleTimeout(nowTicks);
    }

    public void Fail(Exception error)
    {
        if (!_failed)
        {
            (_failed, _connected) = (true, false);
            _loop.EndAfterFault(this, _owner, error);
        }
    }

    public ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        if (!_connected)
        {
            return default;
        }

        var room = _lane.Reserve(header.Length + payload.Length + PeerTransport.ProtectionBytes);
        var length = Transport.ProtectRtp(header, payload, room);
        _lane.Commit(length);
        return room[..length];
    }

    public void SendAgain(ReadOnlySpan<byte> packet)
    {
        if (_connected && Transport.MayRepeat(packet.Length))
        {
            packet.CopyTo(_lane.Reserve(packet.Length));
            _lane.Commit(packet.Length);
        }
    }

    public void SendRtcp(ReadOnlySpan<byte> compound)
    {
        if (_connected)
        {
            var room = _lane.Reserve(compound.Length + PeerTransport.ProtectionBytes);
            _lane.Commit(Transport.ProtectRtcp(compound, room));
        }
    }

    /// <summary>Sends the end of the DTLS association, so that the peer knows at once; nothing is told to the owner any more.</summary>
    public void SayGoodbye(long nowTicks)
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
        }

        FollowSelected();
    }

    private void AfterMedia()
    {
        if (Transport.HasDatagrams)
        {
            Drain();
        }
        else
        {
            FollowSelected();
        }
    }

    /// <summary>What waits leaves for the former address; what comes from now on goes to the one that is selected now.</summary>
    private void FollowSelected()
    {
        if (Transport.SelectedAddress is { } selected && selected != _lane.Destination)
        {
            _egress.Flush();
            _lane.Destination = selected;
        }
    }
}
