using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Egress;
using MeetOperator.Sfu.Forwarding;
using MeetOperator.Sfu.Layers;
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
    private readonly TrackLayers _layers;
    private readonly HeaderTemplate _template = new();
    private HeaderTemplate? _resendTemplate;
    private DownTrack[] _downTracks = [];
    private SpeechMeter _speech;
    private AudioRate _audioRate = new();
    private byte[]? _payloadCopy;
    private RedundantAudio? _redundancy;
    private MutedFrames _mutedFrames;
    private long? _lastSequence;
    private long _nextExamineTicks = long.MinValue;
    private IPeerEgress? _publisher;

    /// <summary>Whether a down track waits for a key frame from the history.</summary>
    private bool _isReplayAwaited;

    /// <summary>Whether packets have arrived or something was requested since the publisher handled the track last.</summary>
    private bool _isActive = true;

    /// <summary>The value of <see cref="RequestedBits"/> at the last <see cref="TakeRequestChange"/>.</summary>
    private byte _seenRequest;

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
        _layers = new TrackLayers(options, isDetailed: source == TrackSource.Screen, budget);
    }

    public UpTrackOptions Options { get; private set; }

    /// <summary>The options with the SSRCs that packets have assigned since. With them, a connection that carried the track before can carry it again.</summary>
    public UpTrackOptions CurrentOptions => Options with
    {
        Layers = [.. Options.Layers.Select((layer, i) => layer with { Ssrc = _layers.All[i].Ssrc, RtxSsrc = _layers.All[i].RtxSsrc })],
    };

    public string ParticipantId { get; }

    public TrackSource Source { get; }

    public string TrackId { get; }

    public bool IsMuted { get; private set; }

    /// <summary>Whether the publisher removed the track. A closed track accepts no down tracks.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>The RIDs of the layers that the publisher is asked to send; all at first, and empty for a track without RIDs.</summary>
    public IReadOnlyList<string> RequestedLayers => _layers.Requested;

    /// <summary>The layers that the publisher is asked to send: bit i stands for the i-th layer of <see cref="UpTrackOptions.Layers"/>. A track of a link starts with none.</summary>
    public byte RequestedBits => _layers.RequestedBits;

    /// <summary>What is known of each layer of <see cref="UpTrackOptions.Layers"/>, as of the last examination, which is at most about 100 ms old. Valid until the next call of a method.</summary>
    public ReadOnlySpan<LayerState> LayerStates => _layers.States;

    public long ReceivedPackets => _layers.ReceivedPackets;

    public long ForwardedPackets { get; private set; }

    /// <summary>The rate of audio in bits per second when each frame is sent once; 0 before the first second.</summary>
    internal long AudioBitsPerSecond => _audioRate.BitsPerSecondOf(_layers.BytesPerSecond);

    /// <summary>The rate of audio in bits per second when each frame is sent twice; 0 before the first second.</summary>
    internal long RedundantBitsPerSecond => _audioRate.RedundantBitsPerSecondOf(_layers.BytesPerSecond);

    /// <summary>A snapshot of the down tracks. The array is replaced instead of changed, so that forwarding can iterate without a lock.</summary>
    public IReadOnlyList<DownTrack> DownTracks => _downTracks;

    /// <summary>The layers in the order of the negotiation. Their number and order do not change.</summary>
    internal ReadOnlySpan<UpLayer> Layers => _layers.All;

    /// <summary>The maximum number of steps of <see cref="DescribeSteps"/>.</summary>
    internal int MaxSteps => _layers.MaxSteps;

    internal HeaderTemplate ResendTemplate => _resendTemplate ??= new HeaderTemplate();

    /// <summary>Returns true once after <see cref="RequestedLayers"/> has changed, and for a new publisher.</summary>
    public bool TryTakeRequest() => _layers.TryTakeRequest();

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
        _layers.Close();
    }

    /// <summary>Mutes or unmutes the track. A muted track is not forwarded, even when the client sends packets.</summary>
    public void SetMuted(bool muted)
    {
        if (muted == IsMuted)
        {
            return;
        }

        IsMuted = muted;
        _mutedFrames.OnMute();
        foreach (var downTrack in _downTracks)
        {
            downTrack.Pause();
        }

        foreach (var layer in _layers.All)
        {
            layer.Replay?.Forget(); // nobody gets what the client sends while it is muted
        }

        if (!muted)
        {
            foreach (var layer in _layers.All)
            {
                RequestKeyFrame(layer, urgent: true);
            }
        }
    }

    /// <summary>Sets what a link announces of the layers, in the order of <see cref="UpTrackOptions.Layers"/>. Ignored unless a link carries the track.</summary>
    public void SetAnnouncedLayers(ReadOnlySpan<LayerState> layers)
    {
        _layers.SetAnnounced(layers);
        ExamineSoon();
    }

    /// <summary>Sets what a link tells about the speech of a relayed microphone, which then replaces the audio levels of its packets.</summary>
    public void SetSpeech(long nowTicks, SpeechState speech) => _speech.Set(nowTicks, speech);

    /// <summary>What a microphone's audio levels tell about speech.</summary>
    public SpeechState SpeechAt(long nowTicks) => _speech.StateAt(nowTicks);

    /// <summary>Applies the SSRCs, payload types and extension IDs of a renegotiation.</summary>
    internal void Renegotiate(UpTrackOptions options)
    {
        SetOptions(options);
        var layers = _layers.All;
        for (var i = 0; i < layers.Length; i++)
        {
            if (layers[i].Renegotiate(options.Format, options.Layers[i]))
            {
                ResetDownTracks(layers[i]);
            }
        }
    }

    /// <summary>Continues the track on another connection. The down tracks stay attached. They continue with the next key frame, or for audio the next packet.</summary>
    internal void Reconnect(UpTrackOptions options)
    {
        SetOptions(options);
        _layers.StartRequests(options.IsRelayed);
        ExamineSoon();
        var layers = _layers.All;
        for (var i = 0; i < layers.Length; i++)
        {
            layers[i].Reconnect(options.Format, options.Layers[i]);
            ResetDownTracks(layers[i]);
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

    internal byte IndexOf(UpLayer layer) => _layers.IndexOf(layer);

    /// <summary>Whether a layer has a lower quality than another one, as far as known.</summary>
    internal bool IsLower(UpLayer layer, UpLayer than) => _layers.IsLower(layer, than);

    /// <summary>Examines the layers with the next call of <see cref="HandleTimeout"/>, because a subscriber needs one that the publisher may not send.</summary>
    internal void ExamineSoon()
    {
        _nextExamineTicks = long.MinValue;
        _publisher?.WakeAt(0);
    }

    /// <summary>Sets the connection that carries the track. Its timers run soon.</summary>
    internal void SetPublisher(IPeerEgress publisher)
    {
        (_publisher, _isActive) = (publisher, true);
        publisher.WakeAt(0);
    }

    /// <summary>Requests a key frame of a layer, as soon as the limit of such requests allows.</summary>
    internal void RequestKeyFrame(UpLayer layer, bool urgent)
    {
        layer.RequestKeyFrame(urgent);
        _isActive = true;
        _publisher?.WakeAt(Math.Max(0, layer.NextKeyFrameRequestTicks));
    }

    /// <summary>
    /// Returns true when <see cref="ReplayKeyFrames"/> may start a down track with the newest key frame of a layer, so that none need be requested yet. Not with encryption end to end:
    /// receivers open no frame that is older than their key or than what they have opened of that participant.
    /// </summary>
    internal bool TryAwaitReplay(UpLayer layer)
    {
        if (IsMuted || Options.IsEncrypted || _publisher is null || layer.Replay is not { IsWhole: true })
        {
            return false;
        }

        (_isReplayAwaited, _isActive) = (true, true);
        _publisher.WakeAt(0);
        return true;
    }

    /// <summary>Sends the newest key frame, and what followed, from the history to the down tracks that wait for a first picture. Requests a key frame where that is not possible.</summary>
    internal void ReplayKeyFrames(long nowTicks)
    {
        if (!_isReplayAwaited)
        {
            return;
        }

        _isReplayAwaited = false;
        foreach (var downTrack in _downTracks)
        {
            try
            {
                if (downTrack.TryTakeReplay(out var layer, out var urgent) && !TryReplay(nowTicks, downTrack, layer))
                {
                    layer.RequestKeyFrame(urgent);
                }
            }
            catch (Exception e)
            {
                downTrack.Fail(e);
            }
        }
    }

    /// <inheritdoc cref="TrackLayers.Select"/>
    internal UpLayer? Select(TrackView view, int highestStep, out byte target) => _layers.Select(view, highestStep, out target);

    /// <inheritdoc cref="TrackLayers.DescribeSteps"/>
    internal int DescribeSteps(TrackView view, Span<long> rates, out int wanted, out int smallest) => _layers.DescribeSteps(view, rates, out wanted, out smallest);

    /// <inheritdoc cref="TrackLayers.KeyFrameBytes"/>
    internal long KeyFrameBytes(long nowTicks, TrackView view, int fromStep, int toStep, bool expectsLarge) => _layers.KeyFrameBytes(nowTicks, view, fromStep, toStep, expectsLarge);

    /// <summary>Whether <see cref="HandleTimeout"/> or a request of the track is due.</summary>
    internal bool IsDue(long nowTicks) => _isActive || nowTicks >= _nextExamineTicks;

    /// <summary>Returns true once after <see cref="RequestedBits"/> has changed.</summary>
    internal bool TakeRequestChange()
    {
        var before = _seenRequest;
        _seenRequest = RequestedBits;
        return _seenRequest != before;
    }

    /// <summary>Call this when the publisher has handled the track. It stays due while it waits for packets or for a key frame.</summary>
    internal void OnHandled(bool isAwaiting) => _isActive = isAwaiting;

    /// <summary>Examines which layers the publisher sends and how good they are, lets the down tracks choose again when that has changed, and releases memory that is not needed. Call this about every 10 ms.</summary>
    internal void HandleTimeout(long nowTicks)
    {
        if (nowTicks < _nextExamineTicks)
        {
            return;
        }

        _nextExamineTicks = nowTicks + ExamineTicks;
        _layers.ReleaseSilent(nowTicks, _downTracks, IsMuted);
        if (_layers.TryExamine(nowTicks, _downTracks))
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
    internal bool TryTakeKeyFrameRequest(long nowTicks, UpLayer layer) => !IsMuted && TrackLayers.IsUsed(layer, _downTracks) && layer.TryTakeKeyFrameRequest(nowTicks);

    /// <summary>When packets or a key frame of a layer must be requested; <see cref="long.MaxValue"/> when nothing is needed.</summary>
    internal long NextRequestTicks(UpLayer layer) => Math.Min(layer.NextNackTicks, !IsMuted && TrackLayers.IsUsed(layer, _downTracks) ? layer.NextKeyFrameRequestTicks : long.MaxValue);

    internal void OnAllocation(long nowTicks, UpLayer layer, in VideoLayersAllocation allocation) => _layers.OnAllocation(nowTicks, layer, allocation);

    /// <summary>Records the audio level of a packet. Only some packets of a relayed microphone arrive, so the node that gets all of them tells about its speech.</summary>
    internal void OnAudioLevel(long nowTicks, byte value)
    {
        if (!Options.IsRelayed)
        {
            _speech.OnPacket(nowTicks, value);
        }
    }

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

    /// <summary>Processes one unencrypted packet of a layer and forwards it to the down tracks that use the layer. Returns false for audio beyond the limit of its rate, which nobody gets.</summary>
    /// <param name="nowTicks">The time at which the packet is processed.</param>
    /// <param name="layer">The layer of this track with the packet's SSRC.</param>
    /// <param name="data">The packet.</param>
    /// <param name="header">The header of the packet.</param>
    /// <param name="retransmitted">Whether the packet was restored from RTX.</param>
    /// <param name="descriptor">Where the dependency descriptor is in the packet; with length 0 for none.</param>
    /// <param name="arrivalTicks">When the packet arrived, for the jitter.</param>
    internal bool Receive(long nowTicks, UpLayer layer, ReadOnlySpan<byte> data, in RtpHeader header, bool retransmitted, HeaderExtensionElement descriptor, long arrivalTicks)
    {
        _isActive = true;
        if (header.PayloadType != Options.PayloadType && header.PayloadType != Options.RedPayloadType)
        {
            layer.TryCount(nowTicks, data, header, retransmitted, arrivalTicks, out _);
            return true; // not agreed, as forward error correction; receivers would take it for the codec of the track
        }

        if (!layer.TryReceive(nowTicks, data, header, retransmitted, descriptor, arrivalTicks, isKept: !IsMuted, out var sequence, out var frame, out var startsKeyFrame) || IsMuted)
        {
            return true;
        }

        if (startsKeyFrame && _layers.HasNewTargets(layer))
        {
            // A receiver starts with this frame in the quality that it needs. Another one could need another key frame.
            ExamineSoon();
            HandleTimeout(nowTicks);
        }

        _mutedFrames.OnPacket(header.Timestamp);
        var payload = data[header.Length..];
        var frameOffset = 0;
        if (header.PayloadType == Options.RedPayloadType
            && (!RedPayload.TryFindCurrent(payload, out var frameType, out frameOffset) || frameType != Options.PayloadType))
        {
            return true;
        }

        var isRedundant = false;
        if (Options.Kind == MediaKind.Audio && !_audioRate.TryAdd(nowTicks, data.Length, frameOffset, out isRedundant))
        {
            return false;
        }

        var packet = new ForwardedPacket
        {
            Source = this,
            Layer = layer,
            Data = data,
            Header = header,
            Payload = payload[frameOffset..],
            Redundant = isRedundant ? payload : [],
            FollowsGap = sequence - _lastSequence > 1,
            Numbers = SourceNumbers.Read(Options.Codec, data, header, sequence, descriptor),
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
        return true;
    }

    /// <summary>The payload of a packet with the previous frame added, valid until the next call; empty when there is none that fits, or payloads are encrypted.</summary>
    internal ReadOnlySpan<byte> AddRedundancy(in ForwardedPacket packet, byte payloadType)
    {
        // A receiver decrypts a payload as a whole, so frames that are encrypted end to end stay alone.
        if (packet.Header.HasPadding || Options.IsEncrypted || _mutedFrames.CanRepeat)
        {
            return [];
        }

        if (packet.Redundant.IsEmpty)
        {
            return (_redundancy ??= new RedundantAudio()).Encode(packet.Payload, packet.Header.Timestamp, payloadType);
        }

        if (packet.Redundant.Length > RedundantAudio.MaxBytes)
        {
            return [];
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
    internal SourceNumbers NumbersOf(ReadOnlySpan<byte> data, in RtpHeader header, long sequence) => SourceNumbers.Read(Options.Codec, data, header, sequence, DescriptorIn(data, header));

    /// <summary>Sends the newest key frame of a layer and what followed to one down track. Returns false when it needs another key frame.</summary>
    private bool TryReplay(long nowTicks, DownTrack downTrack, UpLayer layer)
    {
        if (IsMuted || layer is not { Replay: { } replay, History: { } history } || !replay.IsUsable(nowTicks) || !downTrack.CanStartWith(replay))
        {
            return false;
        }

        var isStarted = false;
        for (var i = 0; i < replay.Count; i++)
        {
            if (!history.TryGet(replay.FirstSequence + i, out var data))
            {
                break; // it was overwritten, or there was no memory for it
            }

            if (!RtpHeader.TryParse(data, out var header) || header.PayloadType != Options.PayloadType)
            {
                continue; // not agreed, as for packets that arrive
            }

            var packet = new ForwardedPacket
            {
                Source = this,
                Layer = layer,
                Data = data,
                Header = header,
                Payload = data[header.Length..],
                Numbers = NumbersOf(data, header, replay.FirstSequence + i),
                Frame = replay.FrameOf(i),
                StartsKeyFrame = replay.StartsKeyFrame(i),
                IsKeyFrame = replay.IsKeyFrame(i),
                AgeTicks = nowTicks - replay.StartTicks,
            };
            isStarted = downTrack.TryForwardAgain(nowTicks, packet, _template.Reset());
            if (!isStarted)
            {
                break;
            }

            ForwardedPackets++;
        }

        return isStarted || downTrack.AwaitsRoom;
    }

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

    private void SetOptions(UpTrackOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(options.Layers.Count, _layers.All.Length);
        Options = options;
    }

    private void ResetDownTracks(UpLayer layer)
    {
        foreach (var downTrack in _downTracks)
        {
            downTrack.OnLayerRestarted(layer);
        }
    }
}
