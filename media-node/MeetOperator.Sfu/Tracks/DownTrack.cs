using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Retransmission;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Forwarding;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Pacing;

namespace MeetOperator.Sfu.Tracks;

/// <summary>One track to one subscriber (server → client). It forwards one layer of its source, the <see cref="UpTrack"/> that it is attached to.</summary>
public sealed class DownTrack
{
    /// <summary>Video starts with a key frame. When none is detected for this time, as with an encrypted payload, it starts without one.</summary>
    private const long KeyFrameWaitTicks = 3 * TimeSpan.TicksPerSecond;

    /// <summary>History for a subscriber without RTX: about 400 ms of a 2 Mbit/s camera. A larger history would evict other tracks from the CPU cache.</summary>
    private const int HistoryPackets = 128;
    private const int HistoryBytes = 96 * 1024;

    /// <summary>
    /// Number of layer changes for which the publisher is asked for a key frame at short intervals, and the packets that earn another one. A subscriber that changes its
    /// view all the time would otherwise cost all others quality, because key frames are large.
    /// </summary>
    private const int MaxUrgentChanges = 8;
    private const int PacketsPerUrgentChange = 300;

    private readonly PacedEgress _egress;
    private readonly MemoryBudget? _budget;
    private readonly DownTrackReports _reports;
    private RetransmissionHistory? _history;
    private ResendLimiter? _resendLimiter;
    private RtpMunger _munger;
    private FrameSelector _selector;
    private RedundancyChoice _redundancy = new();
    private long _waitingSinceTicks;

    /// <summary>The source's timestamp of the last key frame that was begun; null before the first one.</summary>
    private uint? _keyFrameTimestamp;

    /// <summary>Whether a key frame is requested when there is room for it.</summary>
    private bool _awaitsRoom;

    /// <summary>The layer to forward from its next key frame on; null while detached or not shown.</summary>
    private UpLayer? _chosenLayer;

    /// <summary>The best of its decode targets to forward.</summary>
    private byte _chosenTarget;

    /// <summary>The layer that is forwarded now; null while paused.</summary>
    private UpLayer? _layer;

    /// <summary>The layer that was forwarded last, also while paused; null when the next packet has unrelated numbers.</summary>
    private UpLayer? _lastLayer;

    /// <summary>The source of the packets that the munger can find.</summary>
    private UpTrack? _lastSource;
    private TrackView _view;
    private int _highestStep = int.MaxValue;
    private uint _paddingCount;
    private int _urgentChanges = MaxUrgentChanges;
    private ushort _rtxSequence;

    internal DownTrack(DownTrackOptions options, PacedEgress egress, MemoryBudget? budget = null)
    {
        Options = options;
        _egress = egress;
        _budget = budget;
        UpdateHistory();
        _rtxSequence = (ushort)(options.FirstSequenceNumber ^ 0x2A55);
        _reports = new DownTrackReports(egress, options.Cname);
    }

    public DownTrackOptions Options { get; private set; }

    /// <summary>The source of the packets; null when detached.</summary>
    public UpTrack? Source { get; private set; }

    public long SentPackets { get; private set; }

    /// <summary>Payload bytes, as in sender reports.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Round-trip time in 100 ns ticks; 0 until the subscriber has answered a sender report.</summary>
    public long RoundTripTicks => _reports.RoundTripTicks;

    /// <summary>Whether the subscriber shows the track, and its line can take it.</summary>
    public bool IsShown => _chosenLayer is not null;

    /// <summary>Since when the subscriber does not get the track, because its line cannot take it; null while it does.</summary>
    public long? PausedSinceTicks { get; private set; }

    /// <summary>How the subscriber shows the track.</summary>
    internal TrackView View => _view;

    /// <summary>Whether the packets of this video track leave before those of others.</summary>
    internal bool IsForeground { get; set; }

    /// <summary>Whether audio frames are sent twice.</summary>
    internal ref RedundancyChoice Redundancy => ref _redundancy;

    /// <summary>How long the quality stays reduced for lack of bandwidth.</summary>
    internal QualityHold Hold { get; set; } = new();

    /// <summary>Whether the subscriber can be reached.</summary>
    public bool IsReady => _egress.IsReady;

    /// <summary>Applies the payload types and extension IDs of a renegotiation. The SSRC and the numbering do not change.</summary>
    public void Renegotiate(DownTrackOptions options)
    {
        Options = options;
        UpdateHistory();
    }

    /// <summary>Starts forwarding <paramref name="source"/> with continuous numbering. Does nothing when it is the current source or is closed.</summary>
    public void Start(UpTrack source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (Source != source && !source.IsClosed)
        {
            source.Attach(this);
        }
    }

    /// <summary>Stops forwarding until <see cref="Start"/>. Forgets the source, which may restart its numbering while this track is detached. Packets that wait are not sent.</summary>
    public void Stop()
    {
        Source?.Detach(this);
        _egress.Discard(Options.Ssrc, Options.RtxSsrc);
        (_lastLayer, _lastSource) = (null, null);
        (_keyFrameTimestamp, _awaitsRoom) = (null, false);
        (_highestStep, PausedSinceTicks, Hold, IsForeground) = (int.MaxValue, null, new QualityHold(), false); // the next source gets its own
        ReleaseHistory();
    }

    /// <summary>Attaches the track to a source, or detaches it. Forwarding pauses.</summary>
    internal void SetSource(UpTrack? source)
    {
        Pause();
        Source = source;
        _chosenLayer = null;
        Select();
    }

    /// <summary>Sets how the subscriber shows the track. Nothing is sent while it is not shown.</summary>
    internal void SetView(TrackView view)
    {
        if (view != _view)
        {
            _view = view;
            Select();
        }
    }

    /// <summary>Limits the quality to what the subscriber's line can take.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="highestStep">The highest step of the source that may be sent, <see cref="StreamAllocator.Paused"/> for none, or <see cref="int.MaxValue"/> for no limit.</param>
    internal void Limit(long nowTicks, int highestStep)
    {
        PausedSinceTicks = highestStep == StreamAllocator.Paused ? PausedSinceTicks ?? nowTicks : null;
        if (highestStep != _highestStep)
        {
            _highestStep = highestStep;
            Select();
        }
    }

    /// <summary>Whether the quality is limited to what the subscriber's line can take.</summary>
    internal bool IsLimited => _highestStep != int.MaxValue;

    /// <summary>The step that is sent now, if the quality is limited; <see cref="StreamAllocator.Paused"/> while nothing is sent.</summary>
    internal int CurrentStep => _chosenLayer is null ? StreamAllocator.Paused : _highestStep;

    /// <summary>Chooses a layer of the source again, after the view or the layers have changed.</summary>
    internal void Select()
    {
        if (Source is { } source)
        {
            Choose(source.Select(_view, _highestStep, out _chosenTarget));
        }
    }

    /// <summary>Switches to a layer of the source at its next key frame. Until then, the present layer is forwarded. With null, forwarding pauses.</summary>
    internal void Choose(UpLayer? layer)
    {
        if (ReferenceEquals(layer, _chosenLayer))
        {
            return;
        }

        _chosenLayer = layer;
        _waitingSinceTicks = 0;
        Source?.ExamineSoon();
        if (layer is null)
        {
            Pause();
        }
        else if (!ReferenceEquals(layer, _layer) && _egress.IsReady)
        {
            Source?.RequestKeyFrame(layer, urgent: _urgentChanges > 0);
            _urgentChanges = Math.Max(0, _urgentChanges - 1);
        }
    }

    /// <summary>Whether the subscriber needs the packets of a layer.</summary>
    internal bool Uses(UpLayer layer) => ReferenceEquals(layer, _chosenLayer) || ReferenceEquals(layer, _layer);

    /// <summary>Whether a key frame of a layer that is lower than the chosen one may be sent, because the subscriber has no picture yet.</summary>
    internal bool CanStartWith(UpLayer layer) => _layer is null && _chosenLayer is { } chosen && Source is { } source && source.IsLower(layer, chosen);

    private PacketPriority Priority => Source?.Options.Kind != MediaKind.Video ? PacketPriority.Audio : IsForeground ? PacketPriority.Foreground : PacketPriority.Video;

    /// <summary>Requests a key frame of the layer that the subscriber sees, or of the one that it waits for.</summary>
    internal void RequestKeyFrame(bool urgent)
    {
        if ((_layer ?? _chosenLayer) is { } layer)
        {
            Source?.RequestKeyFrame(layer, urgent);
        }
    }

    /// <summary>The subscriber asks for a key frame. It needs no other one while one is on its way, or when one is requested anyway.</summary>
    internal void OnPictureLoss()
    {
        if (!_awaitsRoom && !_egress.HasKeyFrame(Options.Ssrc))
        {
            RequestKeyFrame(urgent: false);
        }
    }

    /// <summary>Continues video with the next key frame, because packets were not sent. It is requested when there is room.</summary>
    internal void SkipToKeyFrame()
    {
        if (Source?.Options.Kind == MediaKind.Video && _layer is not null)
        {
            Pause();
            AwaitRoom();
        }
    }

    /// <summary>Requests the key frame for which there was no room.</summary>
    internal void OnRoom()
    {
        if (!_awaitsRoom)
        {
            return;
        }

        if (!_egress.IsRoomFree(Priority))
        {
            _egress.AwaitRoom(); // a stream that comes first has filled it again
        }
        else
        {
            _awaitsRoom = false;
            RequestKeyFrame(urgent: false);
        }
    }

    /// <summary>Detaches the track and ends the subscriber's connection after an error in the work for it.</summary>
    internal void Fail(Exception error)
    {
        Source?.Detach(this);
        _egress.Fail(error);
    }

    /// <summary>Pauses until the <see cref="UpTrack"/> delivers a packet at which forwarding can start.</summary>
    internal void Pause() => (_layer, _waitingSinceTicks) = (null, 0);

    /// <summary>Pauses if the layer that restarts with a new numbering is forwarded.</summary>
    internal void OnLayerRestarted(UpLayer layer)
    {
        if (ReferenceEquals(layer, _lastLayer))
        {
            _layer = null;
            _lastLayer = null;
        }

        if (_lastSource is { } source)
        {
            _munger.Forget(source.IndexOf(layer));
        }

        if (ReferenceEquals(layer, _chosenLayer))
        {
            _waitingSinceTicks = 0;
        }
    }

    /// <summary>Forwards one packet of a layer that this track uses. This is the hot path.</summary>
    internal void Forward(long nowTicks, in ForwardedPacket packet, HeaderTemplate template)
    {
        if (ReferenceEquals(packet.Layer, _layer) && _munger.LeavesGap(packet.Numbers))
        {
            // Continues with continuous numbers, and video with its next key frame.
            Pause();
            if (!packet.StartsKeyFrame)
            {
                RequestKeyFrame(urgent: false);
            }
        }

        if (!ReferenceEquals(packet.Layer, _layer) && !TryStart(nowTicks, packet))
        {
            return;
        }

        var isTaken = _selector.Takes(packet.Frame, TargetFor(packet.Layer));
        if (_selector.NeedsKeyFrame)
        {
            packet.Layer.RequestKeyFrame(urgent: false);
        }

        if (!isTaken)
        {
            LeaveOut(nowTicks, packet);
            return;
        }

        var priority = Priority;
        if (priority != PacketPriority.Audio && !_egress.HasRoom(priority, packet.IsKeyFrame, hasBegun: packet.Header.Timestamp == _keyFrameTimestamp, isScreen: packet.Source.Source == TrackSource.Screen))
        {
            SkipToKeyFrame();
            return;
        }

        if (!_munger.TryMap(packet.Numbers, nowTicks, out var sequence))
        {
            return;
        }

        var marker = packet.Frame is { EndsFrame: true, Number: { } number } && packet.Frame.Dependencies.Spatial == LayerTargets.SpatialOf(_selector.TargetAt(number));
        if (marker && !packet.Header.Marker)
        {
            _munger.Mark(packet.Numbers.Sequence);
        }

        var offsets = _munger.OffsetsOf(packet.Numbers);
        var payload = Renumber(packet.Source, packet.Payload, packet.Numbers, offsets);
        var payloadType = Options.PayloadType;
        if (Options.RedPayloadType is { } redPayloadType && TryAddRedundancy(nowTicks, packet, out var redundant))
        {
            payload = redundant;
            payloadType = redPayloadType;
        }

        var header = template.GetHeader(
            packet.Data, packet.Header, packet.Source.Options.Extensions, Options.Extensions, payloadType,
            sequence, packet.Numbers.Timestamp + offsets.Timestamp, Options.Ssrc, (ushort)(packet.Numbers.Frame + offsets.Frame), marker);
        SentPackets++;
        SentBytes += payload.Length;
        _urgentChanges = SentPackets % PacketsPerUrgentChange == 0 ? Math.Min(MaxUrgentChanges, _urgentChanges + 1) : _urgentChanges;
        _resendLimiter?.OnForwarded();
        _egress.Send(nowTicks, header, payload, template.TransportNumberOffset, priority, new PacketRecord(_history, sequence), packet.IsKeyFrame);
        _keyFrameTimestamp = packet.IsKeyFrame ? packet.Header.Timestamp : _keyFrameTimestamp;
    }

    private void AwaitRoom()
    {
        _awaitsRoom = true;
        _egress.AwaitRoom();
    }

    /// <summary>The target of a layer that is forwarded. While a lower layer is awaited because the line is narrow, it gets as few frames as possible.</summary>
    private byte TargetFor(UpLayer layer) =>
        ReferenceEquals(layer, _chosenLayer) ? _chosenTarget
        : IsLimited && _chosenLayer is { } chosen && Source?.IsLower(chosen, layer) == true ? (byte)0
        : LayerTargets.Highest;

    /// <summary>Leaves out a packet. If its number is missing in the stream already, because later packets overtook it, the subscriber gets an empty packet, and does not request it.</summary>
    private void LeaveOut(long nowTicks, in ForwardedPacket packet)
    {
        if (_munger.TryDrop(packet.Numbers, out var sequence))
        {
            Span<byte> header = stackalloc byte[PaddingPacket.MaxHeaderLength];
            var length = PaddingPacket.WriteHeader(
                header, Options.PayloadType, sequence, packet.Numbers.Timestamp + _munger.Offsets.Timestamp, Options.Ssrc,
                Options.Extensions.IdOf(HeaderExtensionKind.TransportSequenceNumber), out var numberOffset);
            _egress.Send(nowTicks, header[..length], PaddingPacket.Shortest, numberOffset, Priority, new PacketRecord(_history, sequence));
        }
    }

    /// <summary>Whether the packet is sent with an earlier frame: while the subscriber loses packets, or because the publisher's earlier packet got lost and this one repeats its frame.</summary>
    private bool TryAddRedundancy(long nowTicks, in ForwardedPacket packet, out ReadOnlySpan<byte> redundant)
    {
        _redundancy.OnLoss(nowTicks, Math.Max(_reports.LossRatio, _egress.Bandwidth.LossRatio));
        redundant = _redundancy.IsOn || (packet.FollowsGap && !packet.Redundant.IsEmpty) ? packet.Source.AddRedundancy(packet, Options.PayloadType) : [];
        return !redundant.IsEmpty;
    }

    /// <summary>
    /// Sends the packet <paramref name="sequence"/> again: on the RTX stream, or, without RTX, as the same encrypted bytes. SRTP must not encrypt
    /// two packets with the same sequence number.
    /// </summary>
    internal void Resend(long nowTicks, ushort sequence)
    {
        var copyTicks = _egress.RetransmissionTicks(RoundTripTicks);
        if (_history is not null)
        {
            if (_history.TryGet(sequence, out var sent) && (_resendLimiter ??= new ResendLimiter()).TryTake(sequence, nowTicks, copyTicks))
            {
                _egress.Retransmit(sent);
            }
        }
        else if (_egress.CanRetransmit && _resendLimiter?.CanTake(sequence, nowTicks, copyTicks) != false && TrySendAgain(nowTicks, sequence))
        {
            (_resendLimiter ??= new ResendLimiter()).TryTake(sequence, nowTicks, copyTicks);
        }
    }

    /// <summary>Whether packets that find out what the line takes can be sent on the RTX stream.</summary>
    internal bool HasPadding => Options is { RtxSsrc: not null, RtxPayloadType: not null } && Options.Extensions.IdOf(HeaderExtensionKind.TransportSequenceNumber) > 0;

    /// <summary>The share of packets that the subscriber's last report counts as lost, from 0 to 1.</summary>
    internal double LossRatio => _reports.LossRatio;

    /// <summary>Sends a packet that finds out whether the line can take more: a recent packet again, which may replace a lost one, or padding. False when the subscriber has no RTX.</summary>
    internal bool TrySendPadding(long nowTicks)
    {
        const int RecentPackets = 16;
        if (Options is not { RtxSsrc: { } ssrc, RtxPayloadType: { } payloadType } || Options.Extensions.IdOf(HeaderExtensionKind.TransportSequenceNumber) is not (> 0 and var numberId))
        {
            return false;
        }

        if (_layer is not null && TrySendAgain(nowTicks, (ushort)(_munger.LastSequence - (_paddingCount++ % RecentPackets))))
        {
            return true;
        }

        Span<byte> header = stackalloc byte[PaddingPacket.MaxHeaderLength];
        var length = PaddingPacket.WriteHeader(header, payloadType, _rtxSequence++, _munger.LastTimestamp, ssrc, numberId, out var numberOffset);
        _egress.Send(nowTicks, header[..length], PaddingPacket.Payload, numberOffset, PacketPriority.Retransmission);
        return true;
    }

    /// <summary>Sends a packet of the current source on the RTX stream. False when it is not known any more.</summary>
    private bool TrySendAgain(long nowTicks, ushort sequence)
    {
        if (Options.RtxSsrc is not { } ssrc || Options.RtxPayloadType is not { } payloadType || Source is not { } source
            || !ReferenceEquals(_lastSource, source) // no packet of this source was sent yet, so the numbers belong to the previous source
            || !_munger.TryFindSource(sequence, out var layer, out var sourceSequence, out var segment)
            || (_egress.HasWaiting && !_munger.IsCurrent(segment)) // the key frame since then makes it needless
            || source.Layers[layer].History is not { } history
            || !history.TryGet(sourceSequence, out var stored)
            || !RtpHeader.TryParse(stored, out var header))
        {
            return false;
        }

        var numbers = source.NumbersOf(stored, header, sourceSequence);
        var offsets = _munger.OffsetsOf(numbers, segment);
        Span<byte> payload = stackalloc byte[2048];
        var length = RtxPacket.WritePayload(sequence, Renumber(source, stored[header.Length..], numbers, offsets), payload);
        if (length == 0)
        {
            return false;
        }

        var template = source.ResendTemplate.Reset();
        var written = template.GetHeader(
            stored, header, source.Options.Extensions, Options.Extensions, payloadType,
            _rtxSequence++, numbers.Timestamp + offsets.Timestamp, ssrc, (ushort)(numbers.Frame + offsets.Frame), _munger.IsMarked(sourceSequence, segment));
        _egress.Send(nowTicks, written, payload[..length], template.TransportNumberOffset, PacketPriority.Retransmission);
        return true;
    }

    /// <summary>Forwards the clock of a layer in a sender report. The subscriber needs it to synchronize audio and video.</summary>
    internal void SendReport(long nowTicks, UpLayer layer, ulong ntp, uint sourceTimestamp)
    {
        if (!ReferenceEquals(layer, _layer))
        {
            return;
        }

        try
        {
            _reports.Send(nowTicks, Options.Ssrc, ntp, sourceTimestamp + _munger.Offsets.Timestamp, SentPackets, SentBytes);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    internal void OnReport(long nowTicks, in ReportBlock block) => _reports.OnReport(nowTicks, block);

    /// <summary>Detaches the track because the publisher removed the source, and sends a BYE if that is the end of the stream.</summary>
    internal void OnSourceClosed()
    {
        try
        {
            SetSource(null);
            if (SentPackets > 0 && !Options.OutlivesSource)
            {
                _reports.SendGoodbye(Options.Ssrc);
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void UpdateHistory()
    {
        if (!Options.Nack || Options.RtxSsrc is not null)
        {
            ReleaseHistory();
        }
        else if (_history is null && _budget?.TryTake(HistoryBytes) != false)
        {
            _history = new RetransmissionHistory(HistoryPackets, HistoryBytes);
        }
    }

    private void ReleaseHistory()
    {
        if (_history is not null)
        {
            _budget?.Return(HistoryBytes);
            _history.Dispose();
            _history = null;
        }
    }

    /// <summary>Starts to forward the layer of a packet, if it can start with this packet.</summary>
    private bool TryStart(long nowTicks, in ForwardedPacket packet)
    {
        if (!_egress.IsReady)
        {
            return false;
        }

        if (packet.Source.Options.Kind == MediaKind.Video && !packet.StartsKeyFrame && !TryGiveUpKeyFrame(nowTicks))
        {
            return false;
        }

        if (Priority is not PacketPriority.Audio and var priority && !_egress.HasRoom(priority, isKeyFrame: true, hasBegun: false, isScreen: packet.Source.Source == TrackSource.Screen))
        {
            AwaitRoom();
            return false;
        }

        var (layer, clockRate) = (packet.Source.IndexOf(packet.Layer), packet.Source.Options.ClockRate);
        if (ReferenceEquals(_lastLayer, packet.Layer))
        {
            _munger.Resume(layer, packet.Numbers, Options.FirstSequenceNumber);
        }
        else if (ReferenceEquals(_lastSource, packet.Source))
        {
            var clockOffset = _lastLayer is { } previous ? packet.Layer.ClockOffsetFrom(previous, clockRate) : null;
            _munger.Switch(layer, packet.Numbers, Options.FirstSequenceNumber, nowTicks, clockRate, clockOffset);
        }
        else
        {
            _munger.Replace(layer, packet.Numbers, Options.FirstSequenceNumber, nowTicks, clockRate);
        }

        _egress.DiscardRetransmissions(packet.StartsKeyFrame ? Options.RtxSsrc : null);
        (_lastLayer, _lastSource) = (packet.Layer, packet.Source);
        (_layer, _selector, _awaitsRoom) = (packet.Layer, default, false);
        if (packet.Layer.LastReport is { } report)
        {
            // The next report may be seconds away, and the subscriber cannot synchronize audio and video before it.
            SendReport(nowTicks, packet.Layer, report.Ntp, report.Timestamp);
        }

        return true;
    }

    /// <summary>Returns true when the wait for a key frame is over, so that forwarding may start in the middle of a picture. While another layer is forwarded, its picture is better than a broken one.</summary>
    private bool TryGiveUpKeyFrame(long nowTicks)
    {
        if (_layer is not null || _awaitsRoom)
        {
            _waitingSinceTicks = 0; // without room, no key frame is requested yet
            return false;
        }

        _waitingSinceTicks = _waitingSinceTicks == 0 ? nowTicks : _waitingSinceTicks;
        return nowTicks - _waitingSinceTicks >= KeyFrameWaitTicks;
    }

    /// <summary>The payload with the picture numbers of this stream. Other subscribers share the original, so it is copied when it changes.</summary>
    private static ReadOnlySpan<byte> Renumber(UpTrack source, ReadOnlySpan<byte> payload, in SourceNumbers numbers, in NumberOffsets offsets)
    {
        if (numbers.Picture.IsEmpty || !offsets.ChangePicture)
        {
            return payload;
        }

        var copy = source.CopyPayload(payload);
        offsets.WritePicture(numbers, copy);
        return copy;
    }
}
