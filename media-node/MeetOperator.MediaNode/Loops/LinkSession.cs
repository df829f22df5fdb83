using MeetOperator.MediaNode.Egress;
using MeetOperator.MediaNode.Failures;
using MeetOperator.MediaNode.Time;
using MeetOperator.Relay.Framing;
using MeetOperator.Relay.Keys;
using MeetOperator.Relay.Messages;
using MeetOperator.Relay.Transport;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Ice;
using MeetOperator.Sfu.Peers;
using LinkOptions = MeetOperator.Relay.Transport.LinkOptions;

namespace MeetOperator.MediaNode.Loops;

/// <summary>One end of a link to another media node on one loop: its transport and its egress lane. <see cref="MediaLoop.OpenLink"/> creates it. Used only on the loop's thread.</summary>
internal sealed class LinkSession : ILinkPeer, ILoopTimer, IDisposable
{
    /// <summary>Minimum time between two runs of the timers, so that a deadline in the past does not keep the loop busy.</summary>
    private const long MinTimerTicks = TimeSpan.TicksPerMillisecond / 2;

    /// <summary>Maximum size of an accepted RTP packet: that of a publisher's packet, and header extensions (up to 30 bytes), which a peer's packet gets instead of those of the link.</summary>
    private const int MaxRtpBytes = 1430;

    private readonly MediaLoop _loop;
    private readonly EgressLane _lane;
    private readonly ILinkOwner _owner;
    private readonly LinkTransport _transport;
    private readonly LinkAddresses _addresses = new(SecureRandom.Instance);
    private readonly byte[] _control = new byte[LinkTransport.MaximumControlBytes];
    private BitRate _inbound;
    private BitRate _outbound;
    private LinkState _state = LinkState.Opening;
    private int _channelsOpened;
    private bool _hasEnded;
    private long _earliestTimeoutTicks = long.MinValue;

    public LinkSession(MediaLoop loop, LinkSessionOptions options, ILinkOwner owner)
    {
        Tag = options.LocalTag;
        _loop = loop;
        _owner = owner;
        _addresses.Replace(options.Addresses);
        _lane = new EgressLane(loop.Egress) { Destination = _addresses.Current };
        _transport = new LinkTransport(new LinkOptions
        {
            Role = options.Role,
            LocalTag = options.LocalTag,
            RemoteTag = options.RemoteTag,
            Random = SecureRandom.Instance,
        });
    }

    /// <summary>Identifies the link in datagrams to this end.</summary>
    public uint Tag { get; }

    public LinkState State => _transport.State;

    /// <summary>The epoch of the secret in use; null without a session.</summary>
    public ushort? Epoch => _transport.Epoch;

    public long RoundTripTicks => _transport.RoundTripTicks;

    public bool HasRoom => !_hasEnded && _transport.HasRoom;

    /// <inheritdoc cref="LinkTransport.InboundLoss"/>
    public double InboundLoss => _transport.InboundLoss;

    /// <inheritdoc cref="LinkTransport.OutboundLoss"/>
    public double OutboundLoss => _transport.OutboundLoss;

    /// <summary>The rate of datagrams with media from the other end in about the last second.</summary>
    public int InboundKilobitsPerSecond => _inbound.KilobitsPerSecond;

    /// <summary>The rate of datagrams with media to the other end in about the last second.</summary>
    public int OutboundKilobitsPerSecond => _outbound.KilobitsPerSecond;

    /// <inheritdoc cref="LinkTransport.RemoteByeReason"/>
    public ByeReason? RemoteByeReason => _transport.RemoteByeReason;

    public LinkDropCounters Drops => _transport.Drops;

    /// <summary>Whether there is a session. It outlives an interruption of up to five seconds.</summary>
    public bool IsReady => !_hasEnded && _transport.Epoch is not null;

    public long DeadlineTicks { get; set; } = long.MaxValue;

    /// <summary>Handles a datagram with the tag of this end.</summary>
    public void Handle(long nowTicks, long arrivalTicks, Span<byte> datagram)
    {
        if (_hasEnded)
        {
            return;
        }

        var result = _transport.Handle(nowTicks, datagram);
        if (result.Kind == LinkReceivedKind.Dropped)
        {
            return;
        }

        if (_state != LinkState.Up)
        {
            _loop.Rest.OnActivity(nowTicks);
        }

        if (result.Kind == LinkReceivedKind.Handled || _state != _transport.State || _channelsOpened != _transport.ChannelsOpened)
        {
            Update(nowTicks);
            WakeAt(_transport.NextTimeoutTicks);
        }

        if (_hasEnded || result.Kind == LinkReceivedKind.Handled)
        {
            return;
        }

        _inbound.Count(datagram.Length);
        var packet = datagram.Slice(LinkDatagram.HeaderLength, result.Length);
        if (result.Kind == LinkReceivedKind.Rtcp)
        {
            WakeSoon(nowTicks);
            _owner.OnRtcp(nowTicks, packet, arrivalTicks);
        }
        else if (packet.Length > MaxRtpBytes)
        {
            _loop.IngressDrops.TooLarge++;
        }
        else if (ReceivedPackets.Record(_loop, nowTicks, packet, _owner.OnRtp(nowTicks, packet, arrivalTicks)) is { } wake)
        {
            WakeAt(wake);
        }
    }

    public long HandleTimeout(long nowTicks)
    {
        if (_hasEnded)
        {
            return long.MaxValue;
        }

        _earliestTimeoutTicks = nowTicks + MinTimerTicks;
        _inbound.Advance(nowTicks);
        _outbound.Advance(nowTicks);
        if (_transport.NextTimeoutTicks <= nowTicks)
        {
            _transport.HandleTimeout(nowTicks);
        }

        Update(nowTicks);
        var owner = _hasEnded ? long.MaxValue : _owner.HandleTimeout(nowTicks);
        return _hasEnded ? long.MaxValue : Math.Max(_earliestTimeoutTicks, Math.Min(owner, _transport.NextTimeoutTicks));
    }

    public void WakeAt(long ticks) => _loop.Deadlines.Add(this, Math.Max(ticks, _earliestTimeoutTicks));

    public void Fail(Exception error)
    {
        if (!_hasEnded)
        {
            _hasEnded = true;
            _loop.Failures.Count(FailureScope.Link, error);
            _loop.Defer(EndAfterFailure);
        }
    }

    public ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        if (!IsReady)
        {
            return default;
        }

        var space = _lane.Reserve(header.Length + payload.Length + LinkTransport.ProtectionBytes);
        var length = _transport.ProtectRtp(header, payload, space);
        Commit(length);
        return space[..length];
    }

    public void Retransmit(ReadOnlySpan<byte> packet)
    {
        if (IsReady)
        {
            packet.CopyTo(_lane.Reserve(packet.Length));
            Commit(packet.Length);
        }
    }

    public void SendRtcp(ReadOnlySpan<byte> compound)
    {
        if (IsReady)
        {
            var space = _lane.Reserve(compound.Length + LinkTransport.ProtectionBytes);
            Commit(_transport.ProtectRtcp(compound, space));
        }
    }

    public bool TrySend(ReadOnlySpan<byte> message, ulong? key = null)
    {
        if (_hasEnded)
        {
            return false;
        }

        var isQueued = _transport.TrySend(MonotonicClock.NowTicks, message, key);
        WakeAt(0); // messages that are queued together share a datagram
        return isQueued;
    }

    /// <summary>Replaces the secrets and takes ownership of them. Sessions whose secret is gone end at once.</summary>
    public void SetSecrets(IReadOnlyList<LinkSecret> secrets)
    {
        _transport.SetSecrets(MonotonicClock.NowTicks, secrets);
        if (!_hasEnded)
        {
            WakeAt(0);
        }
    }

    /// <summary>Replaces the addresses of the other end; at least one.</summary>
    public void SetAddresses(IReadOnlyList<TransportAddress> addresses)
    {
        _addresses.Replace(addresses);
        UpdateDestination();
    }

    /// <summary>Says goodbye, forgets all keys and removes the link from its loop. The owner gets no further calls.</summary>
    public void Close(ByeReason reason)
    {
        if (_transport.State != LinkState.Closed)
        {
            _hasEnded = true;
            var now = MonotonicClock.NowTicks;
            _transport.Close(now, reason);
            Poll(now);
            _loop.Links.Remove(this);
            SessionDeadlines.Remove(this);
        }
    }

    public void Dispose()
    {
        _hasEnded = true;
        _transport.Dispose();
    }

    private void EndAfterFailure()
    {
        try
        {
            _owner.OnFailure();
        }
        finally
        {
            Close(ByeReason.Removed);
        }
    }

    /// <summary>Runs the timers soon after feedback, which may have set them.</summary>
    private void WakeSoon(long nowTicks) => WakeAt(TickSchedule.Next(nowTicks));

    /// <summary>Tells the owner what has changed, passes on messages, and sends what is due.</summary>
    private void Update(long nowTicks)
    {
        if (_state != _transport.State)
        {
            _state = _transport.State;
            _owner.OnStateChanged(nowTicks, _state);
        }

        if (!_hasEnded && _channelsOpened != _transport.ChannelsOpened)
        {
            _channelsOpened = _transport.ChannelsOpened;
            _owner.OnChannelOpened(nowTicks);
        }

        while (!_hasEnded && _transport.TryReceive(out var message))
        {
            _loop.Rest.OnActivity(nowTicks);
            _owner.OnMessage(nowTicks, message);
        }

        if (!_hasEnded)
        {
            Poll(nowTicks);
        }
    }

    private void Poll(long nowTicks)
    {
        while (_transport.TryPoll(nowTicks, _control, out var written))
        {
            if (_transport.State is LinkState.Opening or LinkState.Broken)
            {
                _addresses.MoveNext();
                UpdateDestination();
            }

            _loop.Egress.SendControl(_addresses.Current, _control.AsSpan(0, written));
        }
    }

    private void Commit(int length)
    {
        _lane.Commit(length);
        _outbound.Count(length);
    }

    /// <summary>Sends queued packets to the previous address, and later packets to the present one.</summary>
    private void UpdateDestination()
    {
        if (_addresses.Current != _lane.Destination)
        {
            _loop.Egress.Flush();
            _lane.Destination = _addresses.Current;
        }
    }
}
