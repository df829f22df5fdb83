using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Egress;
using MeetOperator.Sfu.Forwarding;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Pacing;
using MeetOperator.Sfu.Speakers;

namespace MeetOperator.Sfu.Tracks;

/// <summary>
/// One track from a client (client → server), and the down tracks that forward it to subscribers. Its identity is the participant and the source, not the connection
/// that carries it now. What belongs to an SSRC is in its layers.
/// </summary>
public sealed class UpTrack
{
    /// <summary>How often the layers are examined.</summary>
    private const long ExamineTicks = 100 * TimeSpan.TicksPerMillisecond;

    /// <summary>Silence of a layer, while another layer of the same camera continues, after which it counts as stopped.</summary>
    private const long StoppedTicks = TimeSpan.TicksPerSecond;

    /// <summary>The same for publishers that announce which layers they send. An encoder that has spent its bits on a key frame may leave out pictures for longer than a second.</summary>
    private const long AnnouncedStoppedTicks = 3 * TimeSpan.TicksPerSecond;

    /// <summary>
    /// Audio of one track above this rate is dropped, because audio is sent before everything else, whatever a receiver's line can take. It is about four times the highest
    /// rate of Opus, 510 kbit/s (RFC 6716 §2.1.1), which leaves room for redundancy.
    /// </summary>
    private const long MaxAudioBitsPerSecond = 2_000_000;

    private const double MeanPackets = 64;

    /// <summary>Audio that takes so long at this rate may arrive at once.</summary>
    private const long AudioBurstTicks = TimeSpan.TicksPerSecond / 2;
    private readonly UpLayer[] _layers;
    private readonly LayerState[] _states;
    private readonly LayerDemand[] _demands;

    /// <summary>The indexes of the layers, from the lowest quality to the highest.</summary>
    private readonly byte[] _order;
    private readonly HeaderTemplate _template = new();
    private HeaderTemplate? _resendTemplate;
    private DownTrack[] _downTracks = [];
    private SpeechMeter _speech;
    private SendRate _audioRate;

    /// <summary>Moving averages of the last audio packets: their size in bytes, and how much of it repeats earlier frames.</summary>
    private double _packetBytes;
    private double _redundantBytes;
    private byte[]? _payloadCopy;
    private RedundantAudio? _redundancy;

    /// <summary>Whether the track was muted or unmuted since the last packet.</summary>
    private bool _wasMuted;

    /// <summary>Until this timestamp, packets can repeat frames from the time in which the track was muted; null if they cannot.</summary>
    private uint? _mutedUntilTimestamp;
    private long? _lastSequence;
    private long _nextExamineTicks = long.MinValue;

    /// <summary>The publisher must be told which layers to send. A new one also, because its client may have stopped layers of an earlier track.</summary>
    private bool _isRequestPending = true;
    private IPeerEgress? _publisher;

    /// <param name="options">The negotiated parameters.</param>
    /// <param name="participantId">The participant that publishes the track.</param>
    /// <param name="source">What the track carries.</param>
    /// <param name="trackId">The track ID in SDP.</param>
    /// <param name="budget">Memory budget for retransmissions; null for no limit.</param>
    public UpTrack(UpTrackOptions options, string participantId, TrackSource source, string trackId, MemoryBudget? budget = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfZero(options.Layers.Count);
        Options = options;
        ParticipantId = participantId;
        Source = source;
        TrackId = trackId;
        _layers = [.. options.Layers.Select(layer => new UpLayer(options.Format, layer, budget))];
        _states = new LayerState[_layers.Length];
        _demands = new LayerDemand[_layers.Length];
        _order = [.. Enumerable.Range(0, _layers.Length).Select(i => (byte)i)];
        _audioRate.Set(0, MaxAudioBitsPerSecond);
    }

    public UpTrackOptions Options { get; private set; }

    public string ParticipantId { get; }

    public TrackSource Source { get; }

    public string TrackId { get; }

    public bool IsMuted { get; private set; }

    /// <summary>Whether the publisher removed the track. A closed track accepts no down tracks.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>The RIDs of the layers that the publisher is asked to send; all at first, and empty for a track without RIDs.</summary>
    public IReadOnlyList<string> RequestedLayers => [.. _layers.Where((layer, i) => layer.Rid is not null && _demands[i].IsRequested).Select(layer => layer.Rid!)];

    public long ReceivedPackets => _layers.Sum(l => l.ReceivedPackets);

    public long ForwardedPackets { get; private set; }

    /// <summary>The rate of audio in bits per second when each frame is sent once; 0 before the first second.</summary>
    internal long AudioBitsPerSecond => (long)(_states[0].BytesPerSecond * 8 * (1 - (_redundantBytes / Math.Max(1, _packetBytes))));

    /// <summary>The rate of audio in bits per second when each frame is sent twice; 0 before the first second.</summary>
    internal long RedundantBitsPerSecond => Math.Max(_states[0].BytesPerSecond * 8, (long)(AudioBitsPerSecond * SoundDemand.UsualRedundancy));

    /// <summary>A snapshot of the down tracks. The array is replaced instead of changed, so that forwarding can iterate without a lock.</summary>
    public IReadOnlyList<DownTrack> DownTracks => _downTracks;

    /// <summary>The layers in the order of the negotiation. Their number and order do not change.</summary>
    internal ReadOnlySpan<UpLayer> Layers => _layers;

    /// <summary>The maximum number of steps of <see cref="DescribeSteps"/>.</summary>
    internal int MaxSteps => _layers.Length * LayerSteps.MaxOfLayer;

    internal HeaderTemplate ResendTemplate => _resendTemplate ??= new HeaderTemplate();

    /// <summary>Returns true once after <see cref="RequestedLayers"/> has changed, and for a new publisher.</summary>
    public bool TryTakeRequest()
    {
        var isPending = _isRequestPending && _layers.Length > 1;
        _isRequestPending = false;
        return isPending;
    }

    public void Attach(DownTrack downTrack)
    {
        ArgumentNullException.ThrowIfNull(downTrack);
        downTrack.Source?.Detach(downTrack);
        downTrack.SetSource(this);
        _downTracks = [.. _downTracks, downTrack];
    }

    public void Detach(DownTrack downTrack)
    {
        ArgumentNullException.ThrowIfNull(downTrack);
        downTrack.SetSource(null);
        _downTracks = [.. _downTracks.Where(d => d != downTrack)];
    }

    /// <summary>Detaches all down tracks and releases the history. The track cannot be used again.</summary>
    public void Close()
    {
        IsClosed = true;
        foreach (var downTrack in _downTracks)
        {
            downTrack.OnSourceClosed();
        }

        _downTracks = [];
        foreach (var layer in _layers)
        {
            layer.Close();
        }
    }

    /// <summary>Mutes or unmutes the track. A muted track is not forwarded, even when the client sends packets.</summary>
    public void SetMuted(bool muted)
    {
        if (muted == IsMuted)
        {
            return;
        }

        IsMuted = muted;
        _wasMuted = true;
        foreach (var downTrack in _downTracks)
        {
            downTrack.Pause();
        }

        if (!muted)
        {
            foreach (var layer in _layers)
            {
                RequestKeyFrame(layer, urgent: true);
            }
        }
    }

    /// <summary>What a microphone's audio levels tell about speech.</summary>
    public SpeechState SpeechAt(long nowTicks) => _speech.StateAt(nowTicks);

    /// <summary>Applies the SSRCs, payload types and extension IDs of a renegotiation.</summary>
    internal void Renegotiate(UpTrackOptions options)
    {
        SetOptions(options);
        foreach (var (layer, layerOptions) in _layers.Zip(options.Layers))
        {
            if (layer.Renegotiate(options.Format, layerOptions))
            {
                ResetDownTracks(layer);
            }
        }
    }

    /// <summary>Continues the track on another connection. The down tracks stay attached. They continue with the next key frame, or for audio the next packet.</summary>
    internal void Reconnect(UpTrackOptions options)
    {
        SetOptions(options);
        Array.Clear(_demands);
        _isRequestPending = true;
        foreach (var (layer, layerOptions) in _layers.Zip(options.Layers))
        {
            layer.Reconnect(options.Format, layerOptions);
            ResetDownTracks(layer);
        }
    }

    /// <summary>Assigns the SSRC of a received packet to a layer. False while the current SSRC must not be replaced.</summary>
    /// <param name="nowTicks">Arrival time.</param>
    /// <param name="layer">The layer of this track.</param>
    /// <param name="ssrc">The SSRC of the packet, which belongs to no layer.</param>
    /// <param name="hasMid">Whether the packet has the MID of the track.</param>
    internal bool TryAssignSsrc(long nowTicks, UpLayer layer, uint ssrc, bool hasMid)
    {
        var isAssigned = layer.TryAssignSsrc(nowTicks, ssrc, hasMid, out var isRestarted);
        if (isRestarted)
        {
            ResetDownTracks(layer);
        }

        return isAssigned;
    }

    internal byte IndexOf(UpLayer layer) => (byte)Array.IndexOf(_layers, layer);

    /// <summary>Whether a layer has a lower quality than another one, as far as known.</summary>
    internal bool IsLower(UpLayer layer, UpLayer than) => Array.IndexOf(_order, IndexOf(layer)) < Array.IndexOf(_order, IndexOf(than));

    /// <summary>Examines the layers with the next call of <see cref="HandleTimeout"/>, because a subscriber needs one that the publisher may not send.</summary>
    internal void ExamineSoon()
    {
        _nextExamineTicks = long.MinValue;
        _publisher?.WakeAt(0);
    }

    /// <summary>Sets the connection that carries the track. Its timers run soon.</summary>
    internal void SetPublisher(IPeerEgress publisher)
    {
        _publisher = publisher;
        publisher.WakeAt(0);
    }

    /// <summary>Requests a key frame of a layer, as soon as the limit of such requests allows.</summary>
    internal void RequestKeyFrame(UpLayer layer, bool urgent)
    {
        layer.RequestKeyFrame(urgent);
        _publisher?.WakeAt(Math.Max(0, layer.NextKeyFrameRequestTicks));
    }

    /// <summary>The layer for a subscriber that shows the track in this way, or null when nothing is sent to it.</summary>
    /// <param name="view">How the subscriber shows the track.</param>
    /// <param name="highestStep">The highest step that its line can take.</param>
    /// <param name="target">The best decode target of the layer to send.</param>
    internal UpLayer? Select(TrackView view, int highestStep, out byte target)
    {
        Span<LayerState> ranked = stackalloc LayerState[_layers.Length];
        Span<LayerStep> steps = stackalloc LayerStep[MaxSteps];
        Rank(ranked);
        LayerSteps.List(ranked, view, IsDetailed, steps, out var wanted);
        var step = Math.Min(highestStep, wanted);
        target = step < 0 ? LayerTargets.Highest : steps[step].Target;
        return step < 0 ? null : _layers[_order[steps[step].Layer]];
    }

    /// <summary>Writes the rates of the steps in which the track can be sent, from the lowest to the highest, and returns their number.</summary>
    /// <param name="view">How the subscriber shows the track.</param>
    /// <param name="rates">Receives the rates in bits per second; at least <see cref="MaxSteps"/>. They never fall from step to step.</param>
    /// <param name="wanted">The step that suits the view.</param>
    /// <param name="smallest">The highest step of the smallest picture.</param>
    internal int DescribeSteps(TrackView view, Span<long> rates, out int wanted, out int smallest)
    {
        Span<LayerState> ranked = stackalloc LayerState[_layers.Length];
        Span<LayerStep> steps = stackalloc LayerStep[MaxSteps];
        Rank(ranked);
        var count = LayerSteps.List(ranked, view, IsDetailed, steps, out wanted);
        smallest = 0;
        for (var i = 0; i < count; i++)
        {
            var measured = _layers[_order[steps[i].Layer]].RateOf(steps[i].Target);
            smallest = LayerSteps.IsSameSize(steps[i], steps[0]) ? i : smallest;
            rates[i] = Math.Max(measured > 0 ? measured * 8 : LayerSteps.UsualRateOf(ranked, steps[i]), i > 0 ? rates[i - 1] : 0);
        }

        return count;
    }

    /// <summary>The bytes of the key frame that a change from one step to another takes, as large as the last one; 0 when none is needed, or when it is not known.</summary>
    internal int KeyFrameBytes(long nowTicks, TrackView view, int fromStep, int toStep)
    {
        Span<LayerState> ranked = stackalloc LayerState[_layers.Length];
        Span<LayerStep> steps = stackalloc LayerStep[MaxSteps];
        Rank(ranked);
        var count = LayerSteps.List(ranked, view, IsDetailed, steps, out _);
        return fromStep < 0 || Math.Max(fromStep, toStep) >= count || steps[fromStep].Layer == steps[toStep].Layer ? 0 : _layers[_order[steps[toStep].Layer]].RecentKeyFrameBytes(nowTicks);
    }

    /// <summary>Examines which layers the publisher sends and how good they are, and lets the down tracks choose again when that has changed. Call this about every 10 ms.</summary>
    internal void HandleTimeout(long nowTicks)
    {
        if (nowTicks < _nextExamineTicks)
        {
            return;
        }

        _nextExamineTicks = nowTicks + ExamineTicks;
        if (_layers.Length == 1 ? TryDescribe(nowTicks) : TryExamine(nowTicks))
        {
            foreach (var downTrack in _downTracks)
            {
                downTrack.Select();
            }
        }
    }

    /// <summary>A copy of a payload, in which numbers can be changed. It is valid until the next call.</summary>
    internal Span<byte> CopyPayload(ReadOnlySpan<byte> payload)
    {
        if (_payloadCopy is null || _payloadCopy.Length < payload.Length)
        {
            _payloadCopy = new byte[Math.Max(1500, payload.Length)];
        }

        payload.CopyTo(_payloadCopy);
        return _payloadCopy.AsSpan(0, payload.Length);
    }

    /// <summary>Returns true when a key frame of <paramref name="layer"/> must be requested now. A layer that no subscriber uses needs none.</summary>
    internal bool TryTakeKeyFrameRequest(long nowTicks, UpLayer layer) => !IsMuted && IsUsed(layer) && layer.TryTakeKeyFrameRequest(nowTicks);

    /// <summary>When packets or a key frame of a layer must be requested; <see cref="long.MaxValue"/> when nothing is needed.</summary>
    internal long NextRequestTicks(UpLayer layer) => Math.Min(layer.NextNackTicks, !IsMuted && IsUsed(layer) ? layer.NextKeyFrameRequestTicks : long.MaxValue);

    internal void OnAllocation(long nowTicks, UpLayer layer, in VideoLayersAllocation allocation)
    {
        foreach (var other in _layers)
        {
            other.OnAllocation(nowTicks, allocation, isOwn: ReferenceEquals(other, layer));
        }
    }

    internal void OnAudioLevel(long nowTicks, byte value) => _speech.OnPacket(nowTicks, value);

    internal void OnSenderReport(long nowTicks, UpLayer layer, ulong ntp, uint timestamp)
    {
        layer.OnSenderReport(nowTicks, ntp, timestamp);
        if (IsMuted || !layer.TryForwardReport(nowTicks))
        {
            return;
        }

        foreach (var downTrack in _downTracks)
        {
            downTrack.SendReport(nowTicks, layer, ntp, timestamp);
        }
    }

    /// <summary>Processes one unencrypted packet of a layer and forwards it to the down tracks that use the layer.</summary>
    /// <param name="nowTicks">The time at which the packet is processed.</param>
    /// <param name="layer">The layer of this track with the packet's SSRC.</param>
    /// <param name="data">The packet.</param>
    /// <param name="header">The header of the packet.</param>
    /// <param name="retransmitted">Whether the packet was restored from RTX.</param>
    /// <param name="descriptor">Where the dependency descriptor is in the packet; with length 0 for none.</param>
    /// <param name="arrivalTicks">When the packet arrived, for the jitter.</param>
    internal void Receive(long nowTicks, UpLayer layer, ReadOnlySpan<byte> data, in RtpHeader header, bool retransmitted, HeaderExtensionElement descriptor, long arrivalTicks)
    {
        if (!layer.TryReceive(nowTicks, data, header, retransmitted, descriptor, arrivalTicks, out var sequence, out var frame, out var startsKeyFrame) || IsMuted)
        {
            return;
        }

        if (Options.Kind == MediaKind.Audio)
        {
            if (!_audioRate.IsOpen(nowTicks, AudioBurstTicks))
            {
                return;
            }

            _audioRate.OnSent(nowTicks, data.Length);
            _packetBytes += (data.Length - _packetBytes) / MeanPackets;
        }

        if (startsKeyFrame && layer.Targets != _states[IndexOf(layer)].Targets)
        {
            // A receiver starts with this frame in the quality that it needs. Another one could need another key frame.
            ExamineSoon();
            HandleTimeout(nowTicks);
        }

        WatchMute(header.Timestamp);
        if (header.PayloadType != Options.PayloadType && header.PayloadType != Options.RedPayloadType)
        {
            return; // not agreed, as forward error correction; receivers would take it for the codec of the track
        }

        var payload = data[header.Length..];
        var frameOffset = 0;
        if (header.PayloadType == Options.RedPayloadType
            && (!RedPayload.TryFindCurrent(payload, out var frameType, out frameOffset) || frameType != Options.PayloadType))
        {
            return;
        }

        _redundantBytes += (frameOffset - _redundantBytes) / MeanPackets;
        var packet = new ForwardedPacket
        {
            Source = this,
            Layer = layer,
            Data = data,
            Header = header,
            Payload = payload[frameOffset..],
            Redundant = frameOffset > 0 ? payload : [],
            FollowsGap = sequence - _lastSequence > 1,
            Numbers = NumbersOf(data, header, sequence, descriptor),
            Frame = frame,
            StartsKeyFrame = startsKeyFrame,
            IsKeyFrame = layer.IsKeyFrame(nowTicks, header.Timestamp),
        };
        _template.Reset();
        var downTracks = _downTracks;
        var forwarded = 0;
        var next = 0;
        while (next < downTracks.Length)
        {
            try
            {
                for (; next < downTracks.Length; next++)
                {
                    if (downTracks[next].Uses(layer) || (startsKeyFrame && downTracks[next].CanStartWith(layer)))
                    {
                        forwarded++;
                        downTracks[next].Forward(nowTicks, packet, _template);
                    }
                }
            }
            catch (Exception e)
            {
                // The try block surrounds the loop, so that exception handling costs nothing for each down track.
                downTracks[next++].Fail(e);
            }
        }

        ForwardedPackets += forwarded;
        _lastSequence = sequence;
        _redundancy?.Remember(header.HasPadding ? [] : packet.Payload, header.Timestamp);
    }

    private void WatchMute(uint timestamp)
    {
        if (_wasMuted)
        {
            (_wasMuted, _mutedUntilTimestamp) = (false, timestamp + RedPayload.MaxTimestampOffset);
        }
        else if (_mutedUntilTimestamp is { } until && (int)(timestamp - until) > 0)
        {
            _mutedUntilTimestamp = null;
        }
    }

    /// <summary>The payload of a packet with the previous frame added, valid until the next call; empty when there is none that fits, or payloads are encrypted.</summary>
    internal ReadOnlySpan<byte> AddRedundancy(in ForwardedPacket packet, byte payloadType)
    {
        // A receiver decrypts a payload as a whole, so frames that are encrypted end to end stay alone.
        if (packet.Header.HasPadding || Options.IsEncrypted || _mutedUntilTimestamp is not null)
        {
            return [];
        }

        if (packet.Redundant.IsEmpty)
        {
            return (_redundancy ??= new RedundantAudio()).Encode(packet.Payload, packet.Header.Timestamp, payloadType);
        }

        if (payloadType == Options.PayloadType)
        {
            return packet.Redundant;
        }

        var copy = CopyPayload(packet.Redundant);
        RedPayload.SetPayloadType(copy, payloadType);
        return copy;
    }

    /// <summary>The numbers of a packet of this track that was stored.</summary>
    internal SourceNumbers NumbersOf(ReadOnlySpan<byte> data, in RtpHeader header, long sequence) => NumbersOf(data, header, sequence, DescriptorIn(data, header));

    private SourceNumbers NumbersOf(ReadOnlySpan<byte> data, in RtpHeader header, long sequence, HeaderExtensionElement descriptor) => new()
    {
        Sequence = sequence,
        Timestamp = header.Timestamp,
        Picture = PictureNumbers.Read(Options.Codec, data[header.Length..]),
        Frame = DependencyDescriptor.TryParse(data.Slice(descriptor.Offset, descriptor.Length), out var described) ? described.FrameNumber : (ushort)0,
    };

    private HeaderExtensionElement DescriptorIn(ReadOnlySpan<byte> data, in RtpHeader header)
    {
        if (Options.Extensions.IdOf(HeaderExtensionKind.DependencyDescriptor) is > 0 and var id)
        {
            foreach (var element in header.ExtensionsIn(data))
            {
                if (element.Id == id)
                {
                    return element;
                }
            }
        }

        return default;
    }

    /// <summary>Whether the track is in full quality for subscribers that do not tell how they show it.</summary>
    private bool IsDetailed => Source == TrackSource.Screen;

    private void Rank(Span<LayerState> ranked)
    {
        for (var i = 0; i < ranked.Length; i++)
        {
            ranked[i] = _states[_order[i]];
        }
    }

    /// <summary>Describes the only layer. Returns true when it has changed.</summary>
    private bool TryDescribe(long nowTicks)
    {
        var before = _states[0];
        _states[0] = _layers[0].Describe(nowTicks, arrives: true);
        return _states[0].Targets != before.Targets || (_states[0].Width, _states[0].Height) != (before.Width, before.Height);
    }

    /// <summary>Returns true when a layer has started or stopped, or when the order of the layers has changed.</summary>
    private bool TryExamine(long nowTicks)
    {
        long? newest = null;
        foreach (var layer in _layers)
        {
            newest = layer.LastPacketTicks > (newest ?? long.MinValue) ? layer.LastPacketTicks : newest;
        }

        var changed = false;
        for (var i = 0; i < _layers.Length; i++)
        {
            var arrives = _layers[i].IsAllocated && newest - _layers[i].LastPacketTicks < (_layers[i].AllocationIndex is null ? StoppedTicks : AnnouncedStoppedTicks);
            _isRequestPending |= _demands[i].TryUpdate(nowTicks, IsUsed(_layers[i]), arrives);
            var state = _layers[i].Describe(nowTicks, arrives) with { IsAvailable = _demands[i].IsAvailable(nowTicks, arrives, hasArrived: _layers[i].LastPacketTicks is not null) };
            changed |= state with { BytesPerSecond = 0 } != _states[i] with { BytesPerSecond = 0 };
            _states[i] = state;
        }

        return LayerSelection.TryRank(_states, _order) || changed;
    }

    private void SetOptions(UpTrackOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(options.Layers.Count, _layers.Length);
        Options = options;
    }

    private bool IsUsed(UpLayer layer)
    {
        foreach (var downTrack in _downTracks)
        {
            if (downTrack.Uses(layer))
            {
                return true;
            }
        }

        return false;
    }

    private void ResetDownTracks(UpLayer layer)
    {
        foreach (var downTrack in _downTracks)
        {
            downTrack.OnLayerRestarted(layer);
        }
    }
}
