using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Reception;
using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Layers;

/// <summary>
/// One encoding of a track from a client: one SSRC with its own numbering and clock, and the SSRC of its retransmissions. Measures the reception, decides what to
/// request from the publisher, and keeps video packets for retransmission to subscribers.
/// </summary>
internal sealed class UpLayer
{
    /// <summary>About two seconds of a 2 Mbit/s camera.</summary>
    private const int HistoryBytes = 640 * 1024;

    /// <summary>The same for one of several layers, the largest of which has about 1.2 Mbit/s.</summary>
    private const int LayerHistoryBytes = 320 * 1024;

    /// <summary>How long a key frame may take. A publisher could otherwise send everything as part of one, which receivers' queues treat with care.</summary>
    private const long KeyFrameTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>Minimum time between two changes of the SSRC. Late packets of the previous SSRC must not restore it.</summary>
    private const long SsrcChangeIntervalTicks = 2 * TimeSpan.TicksPerSecond;

    /// <summary>Silence of the current SSRC after which a payload type alone can assign a new SSRC.</summary>
    private const long SilenceTicks = 2 * TimeSpan.TicksPerSecond;

    /// <summary>Minimum time between two forwarded reports. Each report goes to every subscriber; browsers report at most once per second.</summary>
    private const long ReportTicks = 100 * TimeSpan.TicksPerMillisecond;

    /// <summary>Packets that arrive this long after the publisher announced the end of the layer mean that it is sent again, and that the announcement of that got lost.</summary>
    private const long StragglerTicks = 200 * TimeSpan.TicksPerMillisecond;

    /// <summary>How long a key frame tells how large the next one will be.</summary>
    private const long RecentTicks = TimeSpan.TicksPerMinute;

    /// <summary>Interval of the rate measurement.</summary>
    private const long RateTicks = TimeSpan.TicksPerSecond;

    /// <summary>Placeholder for a time that is not known because the change came from SDP. The next packet with an unknown SSRC sets it.</summary>
    private const long TimePending = long.MaxValue;
    private LayerFormat _format;
    private UpLayerOptions _options;
    private ExtendedSequenceNumber _sequence;
    private KeyFrameRequestThrottle _keyFrames;
    private NackGenerator? _nacks;
    private long _changedTicks = long.MinValue / 2;
    private long _rtxChangedTicks = long.MinValue / 2;
    private long _lastPacketTicks = TimePending;
    private uint? _formerRtxSsrc;
    private long _nextReportTicks = long.MinValue;
    private long _allocationTicks;
    private MeasuredRate _rate;
    private long _rateSinceTicks;
    private uint? _keyFrameTimestamp;
    private long _keyFrameEndTicks;
    private int _keyFrameBytes;
    private int _formerKeyFrameBytes;
    private int _width;
    private int _height;
    private FrameReader? _frames;

    /// <param name="format">The parameters that all layers of the track share.</param>
    /// <param name="options">The parameters of this layer.</param>
    /// <param name="budget">Memory budget for retransmissions; null for no limit.</param>
    public UpLayer(LayerFormat format, UpLayerOptions options, MemoryBudget? budget = null)
    {
        _format = format;
        _options = options;
        Ssrc = options.Ssrc;
        RtxSsrc = options.RtxSsrc;
        _changedTicks = Ssrc is null ? _changedTicks : TimePending;
        if (format.IsVideo)
        {
            History = new LayerHistory(Math.Min(options.Rid is null ? HistoryBytes : LayerHistoryBytes, budget?.MaxHistoryBytes ?? int.MaxValue), budget);
        }
    }

    /// <summary>The SSRC from the offer or from the first packet; null before both.</summary>
    public uint? Ssrc { get; private set; }

    public uint? RtxSsrc { get; private set; }

    public string? Rid => _options.Rid;

    /// <summary>The index of this layer in the publisher's allocations; null before the first one.</summary>
    public int? AllocationIndex { get; private set; }

    /// <summary>False when the publisher has announced that it does not send the layer now.</summary>
    public bool IsAllocated { get; private set; } = true;

    /// <summary>Arrival time of the newest packet that was not a retransmission; null before the first one.</summary>
    public long? LastPacketTicks => _lastPacketTicks == TimePending || Statistics is null ? null : _lastPacketTicks;

    public long ReceivedPackets { get; private set; }

    /// <summary>The decode targets that the publisher sends; empty when they are not known.</summary>
    public LayerTargets Targets => _frames?.Available ?? default;

    /// <summary>The recent packets of video; null for audio.</summary>
    public LayerHistory? History { get; }

    /// <summary>The newest key frame in the history, and what followed; null before the first one.</summary>
    public KeyFrameReplay? Replay { get; private set; }

    public ReceiveStatistics? Statistics { get; private set; }

    /// <summary>The latest sender report: NTP time and the RTP timestamp of the same moment.</summary>
    public (ulong Ntp, uint Timestamp)? LastReport { get; private set; }

    /// <summary>Time from the first request for the last packet until its arrival; 0 when it was not requested.</summary>
    public long LastRecoveryTicks => _nacks?.LastRecoveryTicks ?? 0;

    /// <summary>Applies a renegotiation. Returns true when the layer restarts, because the offer has a new SSRC.</summary>
    public bool Renegotiate(LayerFormat format, UpLayerOptions options)
    {
        var isNew = options.Ssrc is { } announced && announced != Ssrc;
        (_format, _options) = (format, options);
        if (isNew)
        {
            (Ssrc, RtxSsrc, _formerRtxSsrc) = (options.Ssrc, options.RtxSsrc, RtxSsrc);
            (_changedTicks, _lastPacketTicks) = (TimePending, TimePending);
            Restart();
        }

        return isNew;
    }

    /// <summary>Continues the layer on another connection, on which SSRC, numbering and clock are new.</summary>
    public void Reconnect(LayerFormat format, UpLayerOptions options)
    {
        (_format, _options) = (format, options);
        (Ssrc, RtxSsrc, _formerRtxSsrc) = (options.Ssrc, options.RtxSsrc, null);
        _changedTicks = Ssrc is null ? long.MinValue / 2 : TimePending;
        (_lastPacketTicks, _rtxChangedTicks) = (TimePending, long.MinValue / 2);
        (AllocationIndex, IsAllocated) = (null, true);
        Restart();
    }

    /// <summary>Assigns the SSRC of a received packet. False while the current SSRC must not be replaced.</summary>
    /// <param name="nowTicks">Arrival time.</param>
    /// <param name="ssrc">The SSRC of the packet, which belongs to no layer.</param>
    /// <param name="hasMid">Whether the packet has the MID of the track. Only such a packet may replace an active SSRC; others may belong to a removed track.</param>
    /// <param name="isRestarted">Whether the layer restarts, because the SSRC replaced another one.</param>
    public bool TryAssignSsrc(long nowTicks, uint ssrc, bool hasMid, out bool isRestarted)
    {
        isRestarted = false;
        if (Ssrc is null)
        {
            Ssrc = ssrc;
            return true;
        }

        _changedTicks = _changedTicks == TimePending ? nowTicks : _changedTicks;
        _lastPacketTicks = _lastPacketTicks == TimePending ? nowTicks : _lastPacketTicks;
        if (nowTicks - _changedTicks < SsrcChangeIntervalTicks || (!hasMid && nowTicks - _lastPacketTicks < SilenceTicks))
        {
            return false;
        }

        (Ssrc, RtxSsrc, _formerRtxSsrc, _changedTicks) = (ssrc, null, RtxSsrc, nowTicks);
        Restart();
        isRestarted = true;
        return true;
    }

    /// <summary>Like <see cref="TryAssignSsrc"/>, for the RTX SSRC. Retransmissions are rare, so silence does not mean that the SSRC is inactive.</summary>
    public bool TryAssignRtxSsrc(long nowTicks, uint ssrc, bool hasMid)
    {
        if (!hasMid && RtxSsrc is not null && RtxSsrc == _options.RtxSsrc)
        {
            return false;
        }

        _changedTicks = _changedTicks == TimePending ? nowTicks : _changedTicks;
        if (ssrc == _formerRtxSsrc && nowTicks - _changedTicks < SsrcChangeIntervalTicks)
        {
            return false;
        }

        if (RtxSsrc is not null)
        {
            if (nowTicks - _rtxChangedTicks < SsrcChangeIntervalTicks)
            {
                return false;
            }

            _rtxChangedTicks = nowTicks;
        }

        RtxSsrc = ssrc;
        return true;
    }

    /// <summary>The measured rate of a decode target in bytes per second, or of the whole layer if the target is more than it has. 0 when it is not known.</summary>
    public long RateOf(byte target) => _frames is null || Targets.IsEmpty ? _rate.BytesPerSecond : _frames.Rates[Targets.BestUpTo(target)];

    /// <summary>Whether a packet belongs to the newest key frame.</summary>
    public bool IsKeyFrame(long nowTicks, uint timestamp) => _keyFrameTimestamp == timestamp && nowTicks < _keyFrameEndTicks;

    /// <summary>The size in bytes of the larger of the last two key frames, as the last one may still be arriving. 0 before the first one, and when the last one is older than a minute.</summary>
    public int RecentKeyFrameBytes(long nowTicks) => nowTicks - _keyFrameEndTicks < RecentTicks ? Math.Max(_keyFrameBytes, _formerKeyFrameBytes) : 0;

    public void RequestKeyFrame(bool urgent) => _keyFrames.Request(urgent);

    /// <summary>The size and rate of the layer. Call this about every 100 ms, because it ends intervals of the rate measurement.</summary>
    public LayerState Describe(long nowTicks, bool arrives)
    {
        if (nowTicks - _rateSinceTicks >= RateTicks)
        {
            var interval = _rateSinceTicks != 0 && arrives ? nowTicks - _rateSinceTicks : 0; // the rate stays known while the layer is stopped
            _rate.EndInterval(interval);
            _frames?.Rates.EndInterval(interval);
            _rateSinceTicks = nowTicks;
        }

        var (width, height) = _width > 0 || _frames is null ? (_width, _height) : _frames.Size;
        return new LayerState(arrives, width, height, _rate.BytesPerSecond) { Targets = Targets };
    }

    /// <summary>Returns true, and records the request, when a key frame must be requested from the publisher now.</summary>
    public bool TryTakeKeyFrameRequest(long nowTicks)
    {
        if (!CanSendKeyFrames)
        {
            return false;
        }

        if (_nacks?.NeedsKeyFrame == true)
        {
            _keyFrames.Request(urgent: false);
        }

        return _keyFrames.TryTakeRequest(nowTicks, ReceivedPackets);
    }

    /// <summary>Applies an allocation that the publisher sent on a layer of the track.</summary>
    /// <param name="nowTicks">Arrival time.</param>
    /// <param name="allocation">The allocation.</param>
    /// <param name="isOwn">Whether it was sent on this layer, which shows the index of the layer.</param>
    public void OnAllocation(long nowTicks, in VideoLayersAllocation allocation, bool isOwn)
    {
        _allocationTicks = nowTicks;
        AllocationIndex = isOwn ? allocation.StreamIndex : AllocationIndex;
        if (AllocationIndex is { } index)
        {
            IsAllocated = allocation.IsActive(index);
            if (allocation.SizeOf(index) is { Width: > 0 } size)
            {
                (_width, _height) = size;
            }
        }
    }

    /// <summary>When missing packets must be requested; <see cref="long.MaxValue"/> when none is missing.</summary>
    public long NextNackTicks => _nacks?.NextTimeoutTicks ?? long.MaxValue;

    /// <summary>When a key frame must be requested; <see cref="long.MaxValue"/> when none is needed.</summary>
    public long NextKeyFrameRequestTicks => !CanSendKeyFrames ? long.MaxValue
        : _nacks?.NeedsKeyFrame == true && !_keyFrames.IsPending ? long.MinValue
        : _keyFrames.NextTimeoutTicks(ReceivedPackets);

    private bool CanSendKeyFrames => _format.IsVideo && Ssrc is not null;

    /// <summary>Writes the sequence numbers to request now and returns their number.</summary>
    public int CollectNacks(long nowTicks, long retryTicks, Span<ushort> missing) =>
        _nacks is { } nacks && nacks.NextTimeoutTicks <= nowTicks ? nacks.Collect(nowTicks, retryTicks, missing) : 0;

    public void OnSenderReport(long nowTicks, ulong ntp, uint timestamp)
    {
        LastReport = (ntp, timestamp);
        Statistics?.OnSenderReport(nowTicks, ntp);
    }

    /// <summary>Returns true, and starts the next interval, when the latest sender report may be forwarded now.</summary>
    public bool TryForwardReport(long nowTicks)
    {
        if (nowTicks < _nextReportTicks)
        {
            return false;
        }

        _nextReportTicks = nowTicks + ReportTicks;
        return true;
    }

    /// <summary>Processes one unencrypted packet with the layer's SSRC. Returns false when there is nothing to forward: a duplicate, or no payload.</summary>
    /// <param name="nowTicks">The time at which the packet is processed.</param>
    /// <param name="data">The packet.</param>
    /// <param name="header">The header of the packet.</param>
    /// <param name="retransmitted">Whether the packet was restored from RTX. Such packets do not count for loss and jitter.</param>
    /// <param name="arrivalTicks">When the packet arrived, for the jitter.</param>
    /// <param name="sequence">The 64-bit sequence number.</param>
    /// <param name="descriptor">Where the dependency descriptor is in the packet; with length 0 for none.</param>
    /// <param name="frame">The place of the packet's frame in the layers of the stream.</param>
    /// <param name="startsKeyFrame">Whether the packet is the first packet of a key frame.</param>
    /// <param name="isKept">Whether subscribers may get the packet, also later.</param>
    public bool TryReceive(
        long nowTicks, ReadOnlySpan<byte> data, in RtpHeader header, bool retransmitted, HeaderExtensionElement descriptor, long arrivalTicks, bool isKept, out long sequence, out FrameLayers frame, out bool startsKeyFrame)
    {
        frame = default;
        startsKeyFrame = false;
        if (!TryCount(nowTicks, data, header, retransmitted, arrivalTicks, out sequence) || header.Length == data.Length)
        {
            return false;
        }

        if (!_format.IsVideo)
        {
            return true;
        }

        var codec = _format.IsEncrypted ? VideoCodec.Unknown : _format.Codec;
        var payload = data[header.Length..];
        var description = data.Slice(descriptor.Offset, descriptor.Length);
        _frames ??= new FrameReader();
        frame = _frames.Read(description, codec, payload);
        _frames.Rates.OnPacket(frame, data.Length, IsKeyFrame(nowTicks, header.Timestamp));
        startsKeyFrame = _format.StartsKeyFrame(description, payload);
        var isNewKeyFrame = startsKeyFrame && _keyFrameTimestamp != header.Timestamp;
        if (startsKeyFrame)
        {
            ReadSize(payload);
            Replay ??= new KeyFrameReplay();
            if (isNewKeyFrame)
            {
                (_keyFrameTimestamp, _keyFrameEndTicks, _formerKeyFrameBytes, _keyFrameBytes) = (header.Timestamp, nowTicks + KeyFrameTicks, _keyFrameBytes, 0);
            }

            _keyFrames.OnKeyFrame();
            _nacks?.OnKeyFrame(header.SequenceNumber);
        }

        var isKeyFrame = IsKeyFrame(nowTicks, header.Timestamp);
        _keyFrameBytes += isKeyFrame ? data.Length : 0;
        if (isKept)
        {
            History?.Add(nowTicks, sequence, data);
            Replay?.Add(nowTicks, sequence, frame, startsKeyFrame, isKeyFrame, isNewKeyFrame && sequence == _sequence.Highest, data.Length);
        }

        return true;
    }

    /// <summary>Counts a packet with the layer's SSRC, whatever it contains. Returns false for a duplicate, and for one that comes too late.</summary>
    /// <inheritdoc cref="TryReceive"/>
    public bool TryCount(long nowTicks, ReadOnlySpan<byte> data, in RtpHeader header, bool retransmitted, long arrivalTicks, out long sequence)
    {
        sequence = 0;
        ReceivedPackets++;
        _nacks ??= _format.Nack ? new NackGenerator() : null; // a layer that never arrives takes no memory
        var isNew = _nacks?.OnPacket(nowTicks, header.SequenceNumber) ?? false;
        if (retransmitted)
        {
            if (!isNew)
            {
                return false; // a duplicate, or too late
            }
        }
        else
        {
            _lastPacketTicks = nowTicks;
            IsAllocated |= nowTicks - _allocationTicks > StragglerTicks;
            _rate.Add(data.Length, IsKeyFrame(nowTicks, header.Timestamp));
            (Statistics ??= new ReceiveStatistics(header.Ssrc, _format.ClockRate)).OnPacket(arrivalTicks, header.SequenceNumber, header.Timestamp);
        }

        sequence = _sequence.Unwrap(header.SequenceNumber);
        return true;
    }

    /// <summary>Releases the history.</summary>
    public void Close() => History?.Dispose();

    /// <summary>The timestamp of this layer minus that of another layer of the track at the same moment, by their sender reports; null without reports.</summary>
    public uint? ClockOffsetFrom(UpLayer other, int clockRate) => (LastReport, other.LastReport) is ({ } own, { } others)
        ? own.Timestamp - others.Timestamp - (uint)(((long)(own.Ntp - others.Ntp) * clockRate) >> 32)
        : null;

    private void ReadSize(ReadOnlySpan<byte> payload)
    {
        if (_format.IsEncrypted)
        {
            return;
        }

        if (_format.Codec == VideoCodec.Vp8 && Vp8Descriptor.TryParse(payload, out var descriptor) && descriptor is { Width: > 0, Height: > 0 })
        {
            (_width, _height) = (descriptor.Width, descriptor.Height);
        }
        else if (_format.Codec == VideoCodec.H264 && H264Payload.TryParse(payload, out var units) && H264SequenceParameterSet.TryParse(payload[units.SequenceParameterSet], out var set))
        {
            (_width, _height) = (set.Width, set.Height);
        }
    }

    /// <summary>Resets the state because a new SSRC has its own numbering and clock.</summary>
    private void Restart()
    {
        _sequence = default;
        _frames = null;
        Statistics = null;
        LastReport = null;
        _keyFrameTimestamp = null;
        History?.Clear();
        Replay?.Forget();
        _nacks = null;
        _keyFrames.Request(urgent: true);
    }
}
