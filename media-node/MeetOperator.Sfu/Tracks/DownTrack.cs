using System.Diagnostics.CodeAnalysis;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Forwarding;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Pacing;

namespace MeetOperator.Sfu.Tracks;

/// <summary>One track to one subscriber (server → client). It forwards one layer of its source, the <see cref="UpTrack"/> that it is attached to.</summary>
public sealed class DownTrack
{
    /// <summary>
    /// Number of layer changes for which the publisher is asked for a key frame at short intervals, and the packets that earn another one. A subscriber that changes its
    /// view all the time would otherwise cost all others quality, because key frames are large.
    /// </summary>
    private const int MaxUrgentChanges = 8;

    /// <summary>What a link gets at once of a track: links are not paced, and the demands for all tracks of a room may come together.</summary>
    private const int MaxLinkReplayBytes = 16 * 1024;
    private const int PacketsPerUrgentChange = 300;

    private readonly PacedEgress _egress;
    private readonly DownTrackReports _reports;
    private readonly DownTrackNumbering _numbering = new();
    private readonly DownTrackRetransmission _retransmission;
    private VideoStart _start;
    private FrameSelector _selector;
    private RedundancyChoice _redundancy = new();

    /// <summary>The layer to forward from its next key frame on; null while detached or not shown.</summary>
    private UpLayer? _chosenLayer;

    /// <summary>The best of its decode targets to forward.</summary>
    private byte _chosenTarget;

    /// <summary>The layer that is forwarded now; null while paused.</summary>
    private UpLayer? _layer;
    private TrackView _view;
    private int _highestStep = int.MaxValue;
    private int _urgentChanges = MaxUrgentChanges;
    private bool _awaitsReplay;
    private bool _isReplayUrgent;
    private bool _isAbandoned; // whether the picture so far was too large for the line, so that nothing of it is sent any more

    internal DownTrack(DownTrackOptions options, PacedEgress egress, MemoryBudget? budget = null)
    {
        Options = options;
        _egress = egress;
        _start = new VideoStart(egress);
        _retransmission = new DownTrackRetransmission(options, egress, _numbering, budget);
        _reports = new DownTrackReports(egress, options.Cname);
    }

    public DownTrackOptions Options { get; private set; }

    /// <summary>The source of the packets; null when detached.</summary>
    public UpTrack? Source { get; private set; }

    public long SentPackets { get; private set; }

    /// <summary>The value of <see cref="SentPackets"/> when the track began with its source.</summary>
    public long SentBeforeSource { get; private set; }

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
        _retransmission.Renegotiate(options);
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
        _numbering.Forget();
        _start.Forget();
        (_highestStep, PausedSinceTicks, Hold, IsForeground) = (int.MaxValue, null, new QualityHold(), false); // the next source gets its own
        _retransmission.Release();
    }

    /// <summary>Attaches the track to a source, or detaches it. Forwarding pauses.</summary>
    internal void SetSource(UpTrack? source)
    {
        Pause();
        (Source, SentBeforeSource) = (source, SentPackets);
        (_chosenLayer, _awaitsReplay, _isAbandoned) = (null, false, false);
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
        var wasPaused = PausedSinceTicks is not null;
        PausedSinceTicks = highestStep == StreamAllocator.Paused ? PausedSinceTicks ?? nowTicks : null;
        if (highestStep != _highestStep)
        {
            _highestStep = highestStep;
            Select();
        }

        if (wasPaused && TryTakeReplay(out var layer, out var urgent))
        {
            Source?.RequestKeyFrame(layer, urgent); // a line that was too narrow should not get more than it needs
        }
    }

    /// <summary>Sends nothing more of a picture that is larger than the chosen one, whose next key frame would wait behind it in a long queue.</summary>
    internal void AbandonLarger()
    {
        if (_layer is { } layer && _chosenLayer is { } chosen && Source?.IsLower(chosen, layer) == true)
        {
            Pause();
            _isAbandoned = true;
            _egress.Discard(Options.Ssrc, Options.RtxSsrc);
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
            Choose(Options.Layer is { } index ? SelectOnly(source, index) : source.Select(_view, _highestStep, out _chosenTarget));
        }
    }

    private UpLayer? SelectOnly(UpTrack source, int index)
    {
        _chosenTarget = LayerTargets.Highest;
        return index < source.Layers.Length ? source.Layers[index] : null;
    }

    /// <summary>Switches to a layer of the source at its next key frame. Until then, the present layer is forwarded. With null, forwarding pauses.</summary>
    internal void Choose(UpLayer? layer)
    {
        if (ReferenceEquals(layer, _chosenLayer))
        {
            return;
        }

        _chosenLayer = layer;
        _awaitsReplay = false;
        _start.Restart();
        Source?.ExamineSoon();
        if (layer is null)
        {
            Pause();
        }
        else if (!ReferenceEquals(layer, _layer) && _egress.IsReady)
        {
            RequestStart(layer, urgent: _urgentChanges > 0);
            _urgentChanges = Math.Max(0, _urgentChanges - 1);
        }
    }

    /// <summary>Whether the subscriber needs the packets of a layer.</summary>
    internal bool Uses(UpLayer layer) => ReferenceEquals(layer, _chosenLayer) || ReferenceEquals(layer, _layer);

    /// <summary>Whether a key frame of a layer that is lower than the chosen one may be sent, because the subscriber has no picture yet.</summary>
    internal bool CanStartWith(UpLayer layer) => Options.Layer is null && _layer is null && _chosenLayer is { } chosen && Source is { } source && source.IsLower(layer, chosen);

    private PacketPriority Priority => Source?.Options.Kind != MediaKind.Video ? PacketPriority.Audio : IsForeground ? PacketPriority.Foreground : PacketPriority.Video;

    /// <summary>Requests a key frame of the layer that the subscriber sees, or of the one that it waits for.</summary>
    internal void RequestKeyFrame(bool urgent)
    {
        if ((_layer ?? _chosenLayer) is { } layer)
        {
            Source?.RequestKeyFrame(layer, urgent);
        }
    }

    /// <summary>The subscriber can be reached from now on. Earlier packets would be lost.</summary>
    internal void OnReady()
    {
        if (_layer is null && _chosenLayer is { } chosen)
        {
            RequestStart(chosen, urgent: true);
        }
        else
        {
            RequestKeyFrame(urgent: true);
        }
    }

    /// <summary>Returns true once when this track waits for the newest key frame from the history of its layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="urgent">How a key frame must be requested if that is not possible.</param>
    internal bool TryTakeReplay([NotNullWhen(true)] out UpLayer? layer, out bool urgent)
    {
        (layer, urgent) = (_awaitsReplay ? _chosenLayer : null, _isReplayUrgent);
        _awaitsReplay = false;
        return layer is not null;
    }

    /// <summary>
    /// Whether the video can start with a key frame from the history. Not when something was sent since the key frame began: it may have been that key frame, and its timestamps
    /// would be in the past.
    /// </summary>
    /// <param name="replay">The key frame and what followed.</param>
    internal bool CanStartWith(KeyFrameReplay replay) =>
        _layer is null && _egress.IsReady && !_numbering.Munger.HasSentSince(replay.StartTicks) && _egress.HasRoomFor(Priority, replay.Bytes)
        && (Options.Layer is null || replay.Bytes <= MaxLinkReplayBytes);

    /// <summary>Forwards a packet from the history. Returns false when the video could not start with it or go on.</summary>
    internal bool TryForwardAgain(long nowTicks, in ForwardedPacket packet, HeaderTemplate template)
    {
        Forward(nowTicks, packet, template);
        return ReferenceEquals(packet.Layer, _layer);
    }

    /// <summary>Whether the video waits until there is room, and a key frame is requested then.</summary>
    internal bool AwaitsRoom => _start.AwaitsRoom;

    /// <summary>Starts with the newest key frame from the history with the next timers of the publisher, or requests another one.</summary>
    private void RequestStart(UpLayer layer, bool urgent)
    {
        _awaitsReplay = _layer is null && Source?.TryAwaitReplay(layer) == true;
        _isReplayUrgent = urgent;
        if (!_awaitsReplay)
        {
            Source?.RequestKeyFrame(layer, urgent);
        }
    }

    /// <summary>The subscriber asks for a key frame. It needs no other one while one is on its way, or when one is requested anyway.</summary>
    internal void OnPictureLoss()
    {
        if (!_start.AwaitsRoom && !_egress.HasKeyFrame(Options.Ssrc))
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
            _start.AwaitRoom();
        }
    }

    /// <summary>Requests the key frame for which there was no room.</summary>
    internal void OnRoom()
    {
        if (_start.TryTakeRoom(Priority) && (_chosenLayer ?? _layer) is { } layer)
        {
            Source?.RequestKeyFrame(layer, urgent: false);
        }
    }

    /// <summary>Detaches the track and ends the subscriber's connection after an error in the work for it.</summary>
    internal void Fail(Exception error)
    {
        Source?.Detach(this);
        _egress.Fail(error);
    }

    /// <summary>Pauses until the <see cref="UpTrack"/> delivers a packet at which forwarding can start.</summary>
    internal void Pause()
    {
        _layer = null;
        _start.Restart();
    }

    /// <summary>Pauses if the layer that restarts with a new numbering is forwarded.</summary>
    internal void OnLayerRestarted(UpLayer layer)
    {
        if (_numbering.TryForget(layer))
        {
            _layer = null;
        }

        if (ReferenceEquals(layer, _chosenLayer))
        {
            _start.Restart();
        }
    }

    /// <summary>Forwards one packet of a layer that this track uses. This is the hot path.</summary>
    internal void Forward(long nowTicks, in ForwardedPacket packet, HeaderTemplate template)
    {
        ref var munger = ref _numbering.Munger;
        if (ReferenceEquals(packet.Layer, _layer) && munger.LeavesGap(packet.Numbers))
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
        if (!_start.HasRoom(packet, priority))
        {
            SkipToKeyFrame();
            return;
        }

        if (!munger.TryMap(packet.Numbers, nowTicks, out var sequence))
        {
            return;
        }

        var marker = packet.Frame is { EndsFrame: true, Number: { } number } && packet.Frame.Dependencies.Spatial == LayerTargets.SpatialOf(_selector.TargetAt(number));
        if (marker && !packet.Header.Marker)
        {
            munger.Mark(packet.Numbers.Sequence);
        }

        var offsets = munger.OffsetsOf(packet.Numbers);
        var payload = DownTrackNumbering.Renumber(packet.Source, packet.Payload, packet.Numbers, offsets);
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
        _retransmission.OnForwarded();
        _egress.Send(nowTicks, header, payload, template.TransportNumberOffset, priority, _retransmission.RecordOf(sequence), packet.IsKeyFrame);
        _start.OnSent(packet);
    }

    /// <summary>The target of a layer that is forwarded. While a lower layer is awaited because the line is narrow, it gets as few frames as possible.</summary>
    private byte TargetFor(UpLayer layer) =>
        ReferenceEquals(layer, _chosenLayer) ? _chosenTarget
        : IsLimited && _chosenLayer is { } chosen && Source?.IsLower(chosen, layer) == true ? (byte)0
        : LayerTargets.Highest;

    /// <summary>Leaves out a packet. If its number is missing in the stream already, because later packets overtook it, the subscriber gets an empty packet, and does not request it.</summary>
    private void LeaveOut(long nowTicks, in ForwardedPacket packet)
    {
        if (_numbering.Munger.TryDrop(packet.Numbers, out var sequence))
        {
            Span<byte> header = stackalloc byte[PaddingPacket.MaxHeaderLength];
            var length = PaddingPacket.WriteHeader(
                header, Options.PayloadType, sequence, packet.Numbers.Timestamp + _numbering.Munger.Offsets.Timestamp, Options.Ssrc,
                Options.Extensions.IdOf(HeaderExtensionKind.TransportSequenceNumber), out var numberOffset);
            _egress.Send(nowTicks, header[..length], PaddingPacket.Shortest, numberOffset, Priority, _retransmission.RecordOf(sequence));
        }
    }

    /// <summary>Whether the packet is sent with an earlier frame: while the subscriber loses packets, or because the publisher's earlier packet got lost and this one repeats its frame.</summary>
    private bool TryAddRedundancy(long nowTicks, in ForwardedPacket packet, out ReadOnlySpan<byte> redundant)
    {
        _redundancy.OnLoss(nowTicks, Math.Max(_reports.LossRatio, _egress.Bandwidth.LossRatio));
        redundant = _redundancy.IsOn || (packet.FollowsGap && !packet.Redundant.IsEmpty) ? packet.Source.AddRedundancy(packet, Options.PayloadType) : [];
        return !redundant.IsEmpty;
    }

    /// <summary>Sends the packet <paramref name="sequence"/> again, because the subscriber misses it.</summary>
    internal void Resend(long nowTicks, ushort sequence)
    {
        if (!_isAbandoned)
        {
            _retransmission.Resend(nowTicks, sequence, Source, RoundTripTicks);
        }
    }

    /// <summary>Whether packets that find out what the line takes can be sent on the RTX stream.</summary>
    internal bool HasPadding => _retransmission.HasPadding;

    /// <summary>The share of packets that the subscriber's last report counts as lost, from 0 to 1.</summary>
    internal double LossRatio => _reports.LossRatio;

    /// <inheritdoc cref="DownTrackRetransmission.TrySendPadding"/>
    internal bool TrySendPadding(long nowTicks) => _retransmission.TrySendPadding(nowTicks, _layer is null ? null : Source);

    /// <summary>Forwards the clock of a layer in a sender report. The subscriber needs it to synchronize audio and video.</summary>
    internal void SendReport(long nowTicks, UpLayer layer, ulong ntp, uint sourceTimestamp)
    {
        if (!ReferenceEquals(layer, _layer))
        {
            return;
        }

        try
        {
            _reports.Send(nowTicks, Options.Ssrc, ntp, sourceTimestamp + _numbering.Munger.Offsets.Timestamp, SentPackets, SentBytes);
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

    /// <summary>Starts to forward the layer of a packet, if it can start with this packet.</summary>
    private bool TryStart(long nowTicks, in ForwardedPacket packet)
    {
        if (!_egress.IsReady || !_start.TryStart(nowTicks, packet, Priority, hasPicture: _layer is not null))
        {
            return false;
        }

        _awaitsReplay &= !ReferenceEquals(packet.Layer, _chosenLayer); // it starts with a lower layer, and the chosen one must still be requested
        _numbering.Continue(nowTicks - packet.AgeTicks, packet, Options.FirstSequenceNumber);
        _egress.DiscardRetransmissions(packet.StartsKeyFrame ? Options.RtxSsrc : null);
        (_layer, _selector, _isAbandoned) = (packet.Layer, default, false);
        if (packet.Layer.LastReport is { } report)
        {
            // The next report may be seconds away, and the subscriber cannot synchronize audio and video before it.
            SendReport(nowTicks, packet.Layer, report.Ntp, report.Timestamp);
        }

        return true;
    }
}
