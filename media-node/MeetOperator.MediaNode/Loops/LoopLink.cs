using MeetOperator.MediaNode.Failures;
using MeetOperator.MediaNode.Time;
using MeetOperator.Relay.Transport;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// One end of a link between two loops of this media node. It does for a room what <see cref="LinkSession"/> does between media nodes, but the packets stay in memory: no datagram of anybody can
/// get into it, nothing is encrypted, and order is kept. When the other loop falls behind, media is dropped, and messages wait. Used only on the thread of its loop.
/// </summary>
internal sealed class LoopLink : ILinkPeer, ILoopTimer
{
    /// <summary>Memory of a link: its rings, and the messages that wait at both ends.</summary>
    public const int MaxBytes = 2 * (RingBytes + MaxWaitingBytes);

    /// <summary>Bytes of each direction.</summary>
    private const int RingBytes = 1 << 20;

    /// <summary>What media leaves free for messages.</summary>
    private const int MessageReserve = RingBytes / 4;

    /// <summary>Limits of the messages that wait. Beyond them, a new channel opens, in which both ends send their full state.</summary>
    private const int MaxWaiting = 8192;
    private const int MaxWaitingBytes = 1 << 20;

    /// <summary>The delay to the other loop and back, for the interval of requests for lost packets. It is less; shorter intervals have no use.</summary>
    private const long RoundTrip = TimeSpan.TicksPerMillisecond;
    private const long MinTimerTicks = TimeSpan.TicksPerMillisecond / 2;
    private const long RetryTicks = 5 * TimeSpan.TicksPerMillisecond;

    /// <summary>Packets of one step when a link catches up.</summary>
    private const int StepPackets = 16;

    /// <summary>How often the end looks whether the other loop runs.</summary>
    private const long WatchTicks = TimeSpan.TicksPerSecond;

    private readonly MediaLoop _loop;
    private readonly MediaLoop _other;
    private readonly PacketRing _outgoing;
    private readonly PacketRing _incoming;
    private readonly Ends _ends;
    private readonly Queue<(byte[] Message, ulong? Key)> _waiting = new();
    private readonly byte[] _dropped = new byte[2048];
    private ILinkOwner _owner = null!;
    private uint _channel = 1;
    private int _waitingBytes;
    private long _earliestTimeoutTicks = long.MinValue;
    private bool _isStuck;
    private bool _isChannelDue;
    private bool _hasBegun;
    private bool _hasEnded;

    private LoopLink(MediaLoop loop, MediaLoop other, PacketRing outgoing, PacketRing incoming, Ends ends) =>
        (_loop, _other, _outgoing, _incoming, _ends) = (loop, other, outgoing, incoming, ends);

    /// <summary>Whether the end takes packets. What is sent while the other loop stands still is lost, as on a network.</summary>
    public bool IsReady => _hasBegun && !_hasEnded;

    public long RoundTripTicks => RoundTrip;

    public bool HasRoom => IsReady && !_isChannelDue && _waiting.Count == 0 && _outgoing.Free > MessageReserve / 2;

    public long DeadlineTicks { get; set; } = long.MaxValue;

    /// <summary>The memory of this loop for retransmissions of what arrives over its links.</summary>
    public MemoryBudget Retransmissions => _loop.LoopLinks.Retransmissions;

    /// <summary>RTP packets that were sent, without those that were dropped.</summary>
    public long SentPackets { get; private set; }

    /// <summary>Creates the ends of a link. Each belongs to its loop, and works once it is open there.</summary>
    public static (LoopLink First, LoopLink Second) Create(MediaLoop first, MediaLoop second)
    {
        var (there, back, ends) = (new PacketRing(RingBytes), new PacketRing(RingBytes), new Ends());
        return (new LoopLink(first, second, there, back, ends), new LoopLink(second, first, back, there, ends));
    }

    /// <summary>Sets the owner. The end does not call it before <see cref="Begin"/>.</summary>
    public ILinkPeer Open(ILinkOwner owner)
    {
        _owner = owner;
        return this;
    }

    /// <summary>Opens the channel, in which the owner sends its full state. It gets what the other end has sent so far with <see cref="CatchUp"/>, or when the loop receives.</summary>
    public void Begin(long nowTicks)
    {
        _hasBegun = true;
        _loop.LoopLinks.Add(this);
        _owner.OnChannelOpened(nowTicks);
        Flush();
        WakeAt(0);
    }

    public ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        if (!IsReady)
        {
            return default;
        }

        if (TryWrite(RingKind.Rtp, header, payload, MessageReserve, out var packet))
        {
            SentPackets++;
            return packet;
        }

        _loop.IngressDrops.LoopLinkFull++;
        var lost = _dropped.AsSpan(0, header.Length + payload.Length); // the other end requests it again
        header.CopyTo(lost);
        payload.CopyTo(lost[header.Length..]);
        return lost;
    }

    public void Retransmit(ReadOnlySpan<byte> packet) => SendRtp(packet, default);

    public void SendRtcp(ReadOnlySpan<byte> compound)
    {
        if (IsReady && !TryWrite(RingKind.Rtcp, compound, default, MessageReserve, out _))
        {
            _loop.IngressDrops.LoopLinkFull++;
        }
    }

    public bool TrySend(ReadOnlySpan<byte> message, ulong? key = null)
    {
        if (!IsReady || _isChannelDue)
        {
            return false;
        }

        if (_waiting.Count == 0 && TryWrite(RingKind.Message, message, default, 0, out _))
        {
            return true;
        }

        if (_waiting.Count >= MaxWaiting || _waitingBytes + message.Length > MaxWaitingBytes)
        {
            _isChannelDue = true;
            WakeAt(0);
            return false;
        }

        _waiting.Enqueue((message.ToArray(), key));
        _waitingBytes += message.Length;
        WakeAt(MonotonicClock.NowTicks + RetryTicks);
        return true;
    }

    public void WakeAt(long ticks)
    {
        if (IsReady)
        {
            _loop.Deadlines.Add(this, Math.Max(ticks, _earliestTimeoutTicks));
        }
    }

    public void Fail(Exception error)
    {
        if (!_hasEnded)
        {
            _hasEnded = true;
            _loop.Failures.Count(FailureScope.Link, error);
            _loop.Defer(End);
        }
    }

    /// <summary>Ends the link at both ends. The owner of this one gets no further calls.</summary>
    public void Close()
    {
        _hasEnded = true;
        _ends.IsClosed = true;
        _loop.LoopLinks.Remove(this);
        SessionDeadlines.Remove(this);
        _other.Sleep.WakeIfAsleep();
    }

    /// <summary>Whether something has arrived, or the other end has closed the link.</summary>
    public bool HasNews => _incoming.HasPackets || (_ends.IsClosed && !_hasEnded);

    /// <summary>Makes what was sent visible to the other loop, and wakes it.</summary>
    public void Flush()
    {
        if (_outgoing.Publish())
        {
            _other.Sleep.WakeIfAsleep();
        }
    }

    /// <summary>Does the same, and before it sends what waits for room. Returns true when something still waits.</summary>
    public bool FlushAll(long nowTicks)
    {
        if (!IsReady)
        {
            return false;
        }

        SendDue(nowTicks);
        Flush();
        return _waiting.Count > 0 || _isChannelDue;
    }

    /// <summary>Passes everything to the owner that the other loop had made visible at the first step. Each step is short.</summary>
    public IEnumerable<object?> CatchUp()
    {
        for (var end = _incoming.End; _incoming.Position < end && IsReady;)
        {
            Receive(MonotonicClock.NowTicks, StepPackets);
            yield return null;
        }
    }

    /// <summary>Passes up to a number of packets that have arrived to the owner. Returns how many.</summary>
    public int Receive(long nowTicks, int maxPackets)
    {
        var count = 0;
        while (count < maxPackets && !_hasEnded && _incoming.TryRead(out var header, out var packet))
        {
            count++;
            try
            {
                Handle(nowTicks, header, packet);
            }
            catch (Exception e)
            {
                Fail(e);
            }

            _incoming.Advance();
        }

        if (count == 0 && _ends.IsClosed && !_hasEnded)
        {
            _hasEnded = true;
            _loop.Defer(End);
        }

        return count;
    }

    public long HandleTimeout(long nowTicks)
    {
        if (!IsReady)
        {
            return long.MaxValue;
        }

        _earliestTimeoutTicks = nowTicks + MinTimerTicks;
        Watch(nowTicks);
        SendDue(nowTicks);
        var next = Math.Min(_owner.HandleTimeout(nowTicks), nowTicks + (_waiting.Count > 0 || _isChannelDue ? RetryTicks : WatchTicks));
        return _hasEnded ? long.MaxValue : Math.Max(_earliestTimeoutTicks, next);
    }

    private void Handle(long nowTicks, RingHeader header, Span<byte> packet)
    {
        switch (header.Kind)
        {
            case RingKind.Rtp:
                if (ReceivedPackets.Record(_loop, nowTicks, packet, _owner.OnRtp(nowTicks, packet, header.Ticks)) is { } wake)
                {
                    WakeAt(wake);
                }

                break;
            case RingKind.Rtcp:
                WakeAt(TickSchedule.Next(nowTicks));
                _owner.OnRtcp(nowTicks, packet, header.Ticks);
                break;
            default:
                if (header.Channel > _channel)
                {
                    OpenChannel(nowTicks, header.Channel);
                }

                if (header.Channel == _channel && header.Kind == RingKind.Message)
                {
                    _loop.Rest.OnActivity(nowTicks);
                    WakeAt(TickSchedule.Next(nowTicks));
                    _owner.OnMessage(nowTicks, packet);
                }

                break;
        }
    }

    /// <summary>Begins a channel, in which both ends send their full state. Messages of former ones are ignored.</summary>
    private void OpenChannel(long nowTicks, uint channel)
    {
        _channel = channel;
        _isChannelDue = false;
        _waiting.Clear();
        _waitingBytes = 0;
        _owner.OnChannelOpened(nowTicks);
        WakeAt(0);
    }

    /// <summary>Sends the messages that wait, or opens the channel that follows when there were too many of them, as far as there is room.</summary>
    private void SendDue(long nowTicks)
    {
        if (_isChannelDue && _outgoing.Free > RingBytes / 2)
        {
            OpenChannel(nowTicks, _channel + 1);
            TryWrite(RingKind.Channel, default, default, 0, out _);
        }

        while (!_isChannelDue && _waiting.TryPeek(out var next) && TryWrite(RingKind.Message, next.Message, default, 0, out _))
        {
            _waiting.Dequeue();
            _waitingBytes -= next.Message.Length;
        }
    }

    /// <summary>Reports when the other loop stands still, and when it goes on.</summary>
    private void Watch(long nowTicks)
    {
        var isStuck = _other.IsStuckAt(nowTicks);
        if (isStuck != _isStuck)
        {
            _isStuck = isStuck;
            _owner.OnStateChanged(nowTicks, isStuck ? LinkState.Broken : LinkState.Up);
        }
    }

    private bool TryWrite(RingKind kind, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, int reserve, out Span<byte> packet)
    {
        var isWritten = _outgoing.TryWrite(new RingHeader(kind, _channel, MonotonicClock.NowTicks), first, second, reserve, out packet);
        _loop.LoopLinks.HasUnsent |= isWritten;
        return isWritten;
    }

    private void End()
    {
        try
        {
            _owner.OnFailure();
        }
        finally
        {
            Close();
        }
    }

    /// <summary>What both ends know of each other. Safe for concurrent use.</summary>
    private sealed class Ends
    {
        private volatile bool _isClosed;

        public bool IsClosed
        {
            get => _isClosed;
            set => _isClosed = value;
        }
    }
}
