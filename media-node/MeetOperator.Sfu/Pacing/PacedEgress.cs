using System.Buffers.Binary;
using MeetOperator.Sfu.Bandwidth;
using MeetOperator.Sfu.Egress;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.Sfu.Pacing;

/// <summary>
/// Sends the RTP packets of one connection no faster than its line takes them. Most packets leave at once; those of a large frame on a narrow line wait for their turn, and are
/// numbered and encrypted when they leave. Clients that report neither transport-wide feedback nor a receiver estimate (REMB) get everything at once. Used by one loop.
/// </summary>
internal sealed class PacedEgress
{
    /// <summary>Packets leave faster than the estimate, so that an ordinary frame is not spread over the whole time until the next one.</summary>
    private const double RateFactor = 2.5;

    /// <summary>A burst of this duration leaves at once. It keeps the packets of a frame together, so that they are sent as one segmented message.</summary>
    private const long BurstTicks = 20 * TimeSpan.TicksPerMillisecond;

    /// <summary>What takes longer than this at the estimate waits here and leaves at that rate, as everything does while a queue of the line drains, so that it does not make a queue in the line, in which audio would wait.</summary>
    private const long ShortWaitTicks = 250 * TimeSpan.TicksPerMillisecond;

    /// <summary>The last part of what has waited leaves a little faster than the estimate. Sent as a burst, it would make the queue in the line that the wait has avoided.</summary>
    private const double BacklogFactor = 1.15;

    /// <summary>Video that would wait longer than this, key frames not counted, is not sent at all.</summary>
    private const long MaxWaitTicks = 1250 * TimeSpan.TicksPerMillisecond;

    /// <summary>The same for screens. Changes collect behind a key frame that takes seconds, and need another one if they are not sent.</summary>
    private const long MaxScreenWaitTicks = 2500 * TimeSpan.TicksPerMillisecond;

    /// <summary>A key frame that has begun is sent as a whole, unless what waits of key frames takes longer than this.</summary>
    private const long MaxKeyFrameTicks = 10 * TimeSpan.TicksPerSecond;

    /// <summary>The same in bytes, and what such a key frame takes of the memory of the loop. With the next two constants, it bounds the memory of a connection.</summary>
    private const int MaxKeyFrameBytes = 512 * 1024;
    private const long MaxQueueBytes = 2 * 1024 * 1024;
    private const int MaxQueuePackets = 4096;

    /// <summary>How long a client that has agreed to send feedback may take for the first one. Until then, the start estimate applies.</summary>
    private const long FeedbackWaitTicks = 2 * TimeSpan.TicksPerSecond;

    /// <summary>Bytes that encryption adds to a packet.</summary>
    private const int ProtectionBytes = 16;
    private readonly IPeerEgress _peer;
    private readonly IPaddingSource _padding;
    private readonly MemoryShare? _longKeyFrames;
    private readonly PacketQueue _queue = new();
    private SendRate _rate;
    private ProbeCluster _probe;
    private long _probeStartTicks;
    private int _probePackets;
    private long _estimate; // 0 for no limit
    private long _pace; // the rate outside of probes
    private bool _hasBacklog;
    private bool _isRoomAwaited;
    private long _numberedSinceTicks;
    private long _firstSentTicks;
    private long _sentPackets;
    private long _sentPacketsBefore;
    private bool _expectsFeedback;
    private bool _hasLongKeyFrame; // and memory for it

    /// <param name="peer">Encrypts and sends the packets.</param>
    /// <param name="padding">Sends packets to find out whether the line can take more.</param>
    /// <param name="longKeyFrames">The share of the room in the memory of the loop for key frames that take longer than <see cref="MaxWaitTicks"/>; null for no limit.</param>
    public PacedEgress(IPeerEgress peer, IPaddingSource padding, MemoryShare? longKeyFrames = null) => (_peer, _padding, _longKeyFrames) = (peer, padding, longKeyFrames);

    /// <summary>What the line can take.</summary>
    public SendBandwidth Bandwidth { get; } = new();

    public bool IsReady => _peer.IsReady;

    /// <summary>Whether packets were sent with transport-wide sequence numbers, so that the client may report their arrival.</summary>
    public bool IsNumbered { get; private set; }

    /// <summary>Whether the client reports what its line takes, or may still begin to.</summary>
    public bool IsAdaptive(long nowTicks) => Bandwidth.HasFeedback || (_expectsFeedback && (!IsNumbered || nowTicks - _numberedSinceTicks < FeedbackWaitTicks));

    /// <summary>Whether the connection is new and nothing shows that its line is narrow.</summary>
    public bool IsStarting(long nowTicks) => _sentPackets == 0
        || (nowTicks - (IsNumbered ? _numberedSinceTicks : _firstSentTicks) < FeedbackWaitTicks && Bandwidth.EstimateBitsPerSecond >= Bandwidth.StartBitsPerSecond * 9 / 10);

    /// <summary>Whether padding can show what the line takes.</summary>
    public bool CanProbe => Bandwidth.CanProbe && _padding.HasPadding;

    /// <summary>A rate above the estimate that is tried now; 0 for none.</summary>
    public long TrialBitsPerSecond { get; set; }

    /// <summary>Whether nothing is sent. The next packet ends this, and wakes the timers.</summary>
    public bool IsResting { get; private set; }

    private bool HasLongKeyFrameMemory => _hasLongKeyFrame || _longKeyFrames is null || _longKeyFrames.CanTake(MaxKeyFrameBytes);

    private bool IsProbing => _probe.Id != 0;

    private long Burst => IsProbing ? 0 : BurstTicks;

    /// <summary>The client has agreed to report the arrival of packets.</summary>
    public void ExpectFeedback() => _expectsFeedback = true;

    /// <summary>
    /// Whether there is room for a packet of video: it leaves soon, or right after the key frames that wait. A key frame begins only if it leaves soon, and then goes on while
    /// the loop has memory for it. Without room, the sender skips to its next key frame.
    /// </summary>
    /// <param name="priority">The priority of the packet.</param>
    /// <param name="isKeyFrame">Whether the packet belongs to a key frame.</param>
    /// <param name="hasBegun">Whether packets of that key frame were sent before.</param>
    /// <param name="isScreen">Whether the packet belongs to a shared screen.</param>
    public bool HasRoom(PacketPriority priority, bool isKeyFrame, bool hasBegun, bool isScreen) => IsTaking(isKeyFrame && hasBegun) && (_queue.Count == 0
        || (WaitOf(isKeyFrame ? _queue.BytesUpTo(priority) : _queue.OrdinaryBytesUpTo(priority)) < (isScreen && !isKeyFrame ? MaxScreenWaitTicks : MaxWaitTicks) && _queue.Bytes < MaxQueueBytes && _queue.Count < MaxQueuePackets)
        || (isKeyFrame && hasBegun && HasLongKeyFrameMemory && _queue.Count < MaxQueuePackets && _queue.KeyFrameBytes < MaxKeyFrameBytes && WaitOf(_queue.KeyFrameBytes) < MaxKeyFrameTicks));

    /// <summary>Whether there is room for a number of bytes of video together: all of them leave soon.</summary>
    public bool HasRoomFor(PacketPriority priority, int bytes) => IsTaking(hasBegun: false) && WaitOf(_queue.BytesUpTo(priority) + bytes) < ShortWaitTicks && _queue.Bytes + bytes < MaxQueueBytes;

    /// <summary>Whether so little waits that a key frame should be requested.</summary>
    public bool IsRoomFree(PacketPriority priority) => IsTaking(hasBegun: false) && WaitOf(_queue.BytesUpTo(priority)) < ShortWaitTicks;

    /// <summary>Whether a packet that was lost can be sent again soon. Otherwise the client has to ask again: video that is newer would wait behind packets that it asked for several times.</summary>
    public bool CanRetransmit => IsTaking(hasBegun: false) && RetransmissionWaitTicks < ShortWaitTicks;

    /// <summary>Whether packets wait.</summary>
    public bool HasWaiting => _queue.Count > 0;

    /// <summary>The time until the client can know that a packet was sent again: the round trip and the wait before it.</summary>
    /// <param name="reportedTicks">The round trip that the client's receiver reports show. They come about once a second.</param>
    public long RetransmissionTicks(long reportedTicks) => Math.Max(reportedTicks, Bandwidth.RoundTripTicks) + RetransmissionWaitTicks;

    private long RetransmissionWaitTicks => WaitOf(_queue.BytesUpTo(PacketPriority.Retransmission));

    /// <summary>Whether packets of a key frame of a stream wait.</summary>
    public bool HasKeyFrame(uint ssrc) => _queue.HasKeyFrame(ssrc);

    /// <summary>A stream had no room, and continues when <see cref="TryTakeRoom"/> returns true.</summary>
    public void AwaitRoom() => _isRoomAwaited = true;

    /// <summary>Returns true once when there is room for a stream that has had none.</summary>
    public bool TryTakeRoom()
    {
        var isFree = _isRoomAwaited && IsRoomFree(PacketPriority.Foreground);
        _isRoomAwaited &= !isFree;
        return isFree;
    }

    /// <summary>Sends one packet, now or later. May write the transport-wide sequence number to <paramref name="header"/>.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="header">The RTP header.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="numberOffset">The offset of the transport-wide sequence number in the header; 0 without one.</param>
    /// <param name="priority">When the packet leaves if several wait.</param>
    /// <param name="record">Where the encrypted packet is kept.</param>
    /// <param name="isKeyFrame">Whether the packet belongs to a key frame.</param>
    public void Send(
        long nowTicks, Span<byte> header, ReadOnlySpan<byte> payload, int numberOffset, PacketPriority priority, PacketRecord record = default, bool isKeyFrame = false)
    {
        if (!_peer.IsReady)
        {
            return;
        }

        if (priority == PacketPriority.Audio || !IsPaced(numberOffset) || (_queue.Count == 0 && _rate.IsOpen(nowTicks, Burst)))
        {
            SendNow(nowTicks, header, payload, numberOffset, record, isAudio: priority == PacketPriority.Audio);
            return;
        }

        if (isKeyFrame && !_hasLongKeyFrame && WaitOf(_queue.BytesUpTo(priority)) >= MaxWaitTicks)
        {
            _hasLongKeyFrame = _longKeyFrames?.TryTake(MaxKeyFrameBytes) != false;
        }

        var wasEmpty = _queue.Count == 0;
        _queue.Add(header, payload, numberOffset, priority, isKeyFrame, record);
        if (wasEmpty)
        {
            _peer.WakeAt(_rate.NextTicks(Burst));
        }
    }

    /// <inheritdoc cref="IPeerEgress.Retransmit"/>
    public void Retransmit(ReadOnlySpan<byte> packet) => _peer.Retransmit(packet);

    /// <inheritdoc cref="IPeerEgress.SendRtcp"/>
    public void SendRtcp(ReadOnlySpan<byte> compound) => _peer.SendRtcp(compound);

    /// <inheritdoc cref="IPeerEgress.Fail"/>
    public void Fail(Exception error) => _peer.Fail(error);

    /// <summary>Sends what may leave now and returns when to call again; <see cref="long.MaxValue"/> when nothing waits.</summary>
    public long HandleTimeout(long nowTicks)
    {
        if (!_peer.IsReady || !(IsNumbered || Bandwidth.HasReceiverEstimate))
        {
            return long.MaxValue;
        }

        Bandwidth.HandleTimeout(nowTicks);
        UpdateRate(nowTicks);
        if (!IsProbing && Bandwidth.HasFeedback && Bandwidth.TryTakeProbe(nowTicks, out var probe))
        {
            (_probe, _probeStartTicks, _probePackets) = (probe, nowTicks, 0);
            _rate = default; // starts at once, also after a burst, so that all packets of the probe leave at its rate
            _rate.Set(nowTicks, probe.BitsPerSecond);
        }

        SendDue(nowTicks);
        EndLongKeyFrame();
        return _queue.Count > 0 || IsProbing ? _rate.NextTicks(Burst) : long.MaxValue;
    }

    /// <summary>Drops the waiting packets when they would wait too long, because the line has become much narrower or the connection takes none. Returns true when it has. Key frames are kept longer.</summary>
    public bool TryDiscard()
    {
        if (WaitOf(_queue.Bytes) >= 2 * MaxKeyFrameTicks || (_queue.Count > 0 && _peer.Pressure == EgressPressure.Full))
        {
            Close();
            return true;
        }

        if (WaitOf(_queue.OrdinaryBytesUpTo(PacketPriority.Video)) < MaxWaitTicks + MaxScreenWaitTicks)
        {
            return false;
        }

        _queue.RemoveOrdinary();
        return true;
    }

    /// <summary>Drops the waiting packets of a stream, and of its retransmissions.</summary>
    public void Discard(uint ssrc, uint? rtxSsrc)
    {
        _queue.Remove(ssrc, rtxSsrc ?? ssrc);
        EndLongKeyFrame();
    }

    /// <summary>Drops the retransmissions that wait for a stream, because a key frame makes them needless and would wait for them. Does nothing with null.</summary>
    public void DiscardRetransmissions(uint? rtxSsrc)
    {
        if (rtxSsrc is { } ssrc && _queue.Count > 0)
        {
            Discard(ssrc, rtxSsrc);
        }
    }

    /// <summary>Rests when nothing has been sent since the previous call, and <paramref name="mayRest"/>. Returns <see cref="IsResting"/>.</summary>
    public bool TryRest(bool mayRest)
    {
        IsResting = mayRest && _sentPackets == _sentPacketsBefore && _queue.Count == 0 && !IsProbing;
        _sentPacketsBefore = _sentPackets;
        return IsResting;
    }

    /// <summary>Drops all waiting packets.</summary>
    public void Close()
    {
        _queue.Clear();
        EndLongKeyFrame();
    }

    /// <summary>Returns the memory for a long key frame when none of its packets wait any more.</summary>
    private void EndLongKeyFrame()
    {
        if (_hasLongKeyFrame && _queue.KeyFrameBytes == 0)
        {
            _longKeyFrames?.Return(MaxKeyFrameBytes);
            _hasLongKeyFrame = false;
        }
    }

    /// <summary>Whether the connection takes a packet of video.</summary>
    /// <param name="hasBegun">Whether the packet belongs to a key frame that has begun.</param>
    private bool IsTaking(bool hasBegun) => _peer.Pressure is var pressure && (pressure == EgressPressure.None || (hasBegun && pressure == EgressPressure.Congested));

    /// <summary>Whether packets wait for their turn: those with a number, and all while the client reports an estimate of its own.</summary>
    private bool IsPaced(int numberOffset) => numberOffset > 0 || Bandwidth.HasReceiverEstimate;

    private void UpdateRate(long nowTicks)
    {
        _estimate = IsAdaptive(nowTicks) ? Math.Max(TrialBitsPerSecond, Bandwidth.EstimateBitsPerSecond) : 0;
        var wait = WaitOf(_queue.Bytes);
        _hasBacklog = wait > (_hasBacklog ? BurstTicks : ShortWaitTicks);
        var pace = (long)(_estimate * (wait > ShortWaitTicks || Bandwidth.IsDraining ? 1 : _hasBacklog ? BacklogFactor : RateFactor));
        if (!IsProbing && pace != _pace)
        {
            _pace = pace;
            _rate.Set(nowTicks, pace);
        }
    }

    /// <summary>The time that <paramref name="bytes"/> take at the estimate.</summary>
    private long WaitOf(long bytes) => _estimate == 0 ? 0 : bytes * 8 * TimeSpan.TicksPerSecond / _estimate;

    private void SendDue(long nowTicks)
    {
        if (IsProbing && _peer.Pressure != EgressPressure.None)
        {
            EndProbe(nowTicks); // more than the connection takes now
        }

        while ((_queue.Count > 0 || IsProbing) && _rate.IsOpen(nowTicks, Burst))
        {
            if (_queue.TryTake(out var packet))
            {
                SendNow(nowTicks, packet.Header, packet.Payload, packet.NumberOffset, packet.Record);
                PacketQueue.Return(packet);
            }
            else
            {
                var packetsBefore = _probePackets;
                if (!_padding.TrySendPadding(nowTicks) || _probePackets == packetsBefore)
                {
                    EndProbe(nowTicks); // also when the padding was sent without a number: the rate does not count it, so this loop would never end
                }
            }
        }
    }

    private void SendNow(long nowTicks, Span<byte> header, ReadOnlySpan<byte> payload, int numberOffset, PacketRecord record, bool isAudio = false)
    {
        var bytes = header.Length + payload.Length + ProtectionBytes;
        if (numberOffset > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(header[numberOffset..], Bandwidth.OnSent(nowTicks, bytes, _probe.Id));
            if (!IsNumbered)
            {
                (IsNumbered, _numberedSinceTicks) = (true, nowTicks);
                UpdateRate(nowTicks);
                _peer.WakeAt(nowTicks);
            }

            if (IsProbing && ++_probePackets >= _probe.MinPackets && nowTicks - _probeStartTicks >= _probe.DurationTicks)
            {
                EndProbe(nowTicks);
            }
        }

        if (IsPaced(numberOffset))
        {
            _rate.OnSent(nowTicks, bytes);
        }

        _firstSentTicks = _sentPackets++ == 0 ? nowTicks : _firstSentTicks;
        if (IsResting)
        {
            IsResting = false;
            _peer.WakeAt(nowTicks);
        }

        var sent = isAudio ? _peer.SendAudio(header, payload) : _peer.SendRtp(header, payload);
        record.Keep(sent);
    }

    private void EndProbe(long nowTicks)
    {
        (_probe, _pace) = (default, -1);
        UpdateRate(nowTicks);
    }
}
