using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.Sfu.Tracks;

/// <summary>
/// The layers of one up track: which of them arrive and how good they are, which one suits a subscriber, and which ones the publisher is asked to send. They stay in the
/// order of the negotiation, and their number does not change. Used by one loop.
/// </summary>
internal sealed class TrackLayers
{
    /// <summary>Silence of a layer, while another layer of the same camera continues, after which it counts as stopped.</summary>
    private const long StoppedTicks = TimeSpan.TicksPerSecond;

    /// <summary>The same for publishers that announce which layers they send. An encoder that has spent its bits on a key frame may leave out pictures for longer than a second.</summary>
    private const long AnnouncedStoppedTicks = 3 * TimeSpan.TicksPerSecond;

    /// <summary>A large key frame is as large as all pictures of its layer in this time. Those with which an encoder starts, because another layer is added, are much smaller.</summary>
    private const double LargeKeyFrameSeconds = 0.4;
    private readonly UpLayer[] _layers;
    private readonly LayerState[] _states;
    private readonly LayerDemand[] _demands;

    /// <summary>The indexes of the layers, from the lowest quality to the highest.</summary>
    private readonly byte[] _order;
    private readonly bool _isDetailed;

    /// <summary>What the link announces of each layer; null when a client carries the track.</summary>
    private LayerState[]? _announced;

    /// <summary>The publisher must be told which layers to send. A new one also, because its client may have stopped layers of an earlier track.</summary>
    private bool _isRequestPending = true;

    /// <param name="options">The negotiated parameters of the track.</param>
    /// <param name="isDetailed">Whether subscribers that do not tell how they show the track get it in full quality.</param>
    /// <param name="budget">Memory budget for retransmissions; null for no limit.</param>
    public TrackLayers(UpTrackOptions options, bool isDetailed, MemoryBudget? budget)
    {
        _layers = [.. options.Layers.Select(layer => new UpLayer(options.Format, layer, budget))];
        _states = new LayerState[_layers.Length];
        _demands = new LayerDemand[_layers.Length];
        _order = [.. Enumerable.Range(0, _layers.Length).Select(i => (byte)i)];
        _isDetailed = isDetailed;
        StartRequests(options.IsRelayed);
    }

    public ReadOnlySpan<UpLayer> All => _layers;

    /// <summary>What is known of each layer, in the same order.</summary>
    public ReadOnlySpan<LayerState> States => _states;

    /// <summary>The layers that the publisher is asked to send: bit i stands for the i-th layer.</summary>
    public byte RequestedBits
    {
        get
        {
            var bits = 0;
            for (var i = 0; i < _demands.Length; i++)
            {
                bits |= _demands[i].IsRequested ? 1 << i : 0;
            }

            return (byte)bits;
        }
    }

    /// <summary>The RIDs of the layers that the publisher is asked to send; all at first, and empty for a track without RIDs.</summary>
    public IReadOnlyList<string> Requested => [.. _layers.Where((layer, i) => layer.Rid is not null && _demands[i].IsRequested).Select(layer => layer.Rid!)];

    public long ReceivedPackets => _layers.Sum(layer => layer.ReceivedPackets);

    /// <summary>The measured rate of the first layer, which is the only one of audio; 0 before the first second.</summary>
    public long BytesPerSecond => _states[0].BytesPerSecond;

    /// <summary>The maximum number of steps of <see cref="DescribeSteps"/>.</summary>
    public int MaxSteps => _layers.Length * LayerSteps.MaxOfLayer;

    /// <summary>Returns true once after <see cref="Requested"/> has changed, and for a new publisher.</summary>
    public bool TryTakeRequest()
    {
        var isPending = _isRequestPending && _layers.Length > 1;
        _isRequestPending = false;
        return isPending;
    }

    /// <summary>Forgets all requests, because another connection carries the track from now on. A client is asked for all layers, and a link for none until one is used.</summary>
    public void StartRequests(bool isRelayed)
    {
        Array.Fill(_demands, new LayerDemand(isRelayed));
        _announced = isRelayed ? new LayerState[_layers.Length] : null;
        _isRequestPending = true;
    }

    /// <summary>Sets what the link announces. Ignored for another number of layers, and when a client carries the track.</summary>
    public void SetAnnounced(ReadOnlySpan<LayerState> layers)
    {
        if (layers.Length == _announced?.Length)
        {
            layers.CopyTo(_announced);
        }
    }

    public byte IndexOf(UpLayer layer) => (byte)Array.IndexOf(_layers, layer);

    /// <summary>Whether a layer has a lower quality than another one, as far as known.</summary>
    public bool IsLower(UpLayer layer, UpLayer than) => Array.IndexOf(_order, IndexOf(layer)) < Array.IndexOf(_order, IndexOf(than));

    /// <summary>Whether a layer has other decode targets than when it was last examined.</summary>
    public bool HasNewTargets(UpLayer layer) => layer.Targets != _states[IndexOf(layer)].Targets;

    /// <summary>Whether one of these subscribers needs the packets of a layer.</summary>
    public static bool IsUsed(UpLayer layer, ReadOnlySpan<DownTrack> downTracks)
    {
        foreach (var downTrack in downTracks)
        {
            if (downTrack.Uses(layer))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The layer for a subscriber that shows the track in this way, or null when nothing is sent to it.</summary>
    /// <param name="view">How the subscriber shows the track.</param>
    /// <param name="highestStep">The highest step that its line can take.</param>
    /// <param name="target">The best decode target of the layer to send.</param>
    public UpLayer? Select(TrackView view, int highestStep, out byte target)
    {
        Span<LayerState> ranked = stackalloc LayerState[_layers.Length];
        Span<LayerStep> steps = stackalloc LayerStep[MaxSteps];
        Rank(ranked);
        LayerSteps.List(ranked, view, _isDetailed, steps, out var wanted);
        var step = Math.Min(highestStep, wanted);
        target = step < 0 ? LayerTargets.Highest : steps[step].Target;
        return step < 0 ? null : LayerOf(steps[step]);
    }

    /// <summary>Writes the rates of the steps in which the track can be sent, from the lowest to the highest, and returns their number.</summary>
    /// <param name="view">How the subscriber shows the track.</param>
    /// <param name="rates">Receives the rates in bits per second; at least <see cref="MaxSteps"/>. They never fall from step to step.</param>
    /// <param name="wanted">The step that suits the view.</param>
    /// <param name="smallest">The highest step of the smallest picture.</param>
    public int DescribeSteps(TrackView view, Span<long> rates, out int wanted, out int smallest)
    {
        Span<LayerState> ranked = stackalloc LayerState[_layers.Length];
        Span<LayerStep> steps = stackalloc LayerStep[MaxSteps];
        Rank(ranked);
        var count = LayerSteps.List(ranked, view, _isDetailed, steps, out wanted);
        smallest = 0;
        for (var i = 0; i < count; i++)
        {
            var measured = LayerOf(steps[i]).RateOf(steps[i].Target);
            smallest = LayerSteps.IsSameSize(steps[i], steps[0]) ? i : smallest;
            rates[i] = Math.Max(measured > 0 ? measured * 8 : LayerSteps.UsualRateOf(ranked, steps[i]), i > 0 ? rates[i - 1] : 0);
        }

        return count;
    }

    /// <summary>The bytes of the key frame that a change from one step to another takes, as large as the last one; 0 when none is needed, or when it is not known.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="view">How the subscriber shows the track.</param>
    /// <param name="fromStep">The step that is sent now.</param>
    /// <param name="toStep">The step that would be sent.</param>
    /// <param name="expectsLarge">Whether the key frame counts as one that is requested of a busy picture, if the last one was smaller.</param>
    public long KeyFrameBytes(long nowTicks, TrackView view, int fromStep, int toStep, bool expectsLarge)
    {
        Span<LayerState> ranked = stackalloc LayerState[_layers.Length];
        Span<LayerStep> steps = stackalloc LayerStep[MaxSteps];
        Rank(ranked);
        var count = LayerSteps.List(ranked, view, _isDetailed, steps, out _);
        if (fromStep < 0 || Math.Max(fromStep, toStep) >= count || steps[fromStep].Layer == steps[toStep].Layer)
        {
            return 0;
        }

        var layer = LayerOf(steps[toStep]);
        var large = expectsLarge ? (long)(layer.RateOf(LayerTargets.Highest) * LargeKeyFrameSeconds) : 0;
        return Math.Max(large, layer.RecentKeyFrameBytes(nowTicks));
    }

    /// <summary>Examines which layers the publisher sends and how good they are. Returns true when that has changed, so that subscribers may need another layer. Call this about every 100 ms.</summary>
    public bool TryExamine(long nowTicks, ReadOnlySpan<DownTrack> downTracks) =>
        _announced is { } announced ? TryExamineRelayed(nowTicks, downTracks, announced)
        : _layers.Length == 1 ? TryDescribeOnly(nowTicks)
        : TryExamineAll(nowTicks, downTracks);

    public void OnAllocation(long nowTicks, UpLayer layer, in VideoLayersAllocation allocation)
    {
        foreach (var other in _layers)
        {
            other.OnAllocation(nowTicks, allocation, isOwn: ReferenceEquals(other, layer));
        }
    }

    /// <summary>
    /// Releases the histories of silent layers that are not forwarded. A subscriber of the others finds out with their next packet that it misses the last one, however long that takes.
    /// </summary>
    public void ReleaseSilent(long nowTicks, ReadOnlySpan<DownTrack> downTracks, bool isMuted)
    {
        foreach (var layer in _layers)
        {
            if (layer.History is { } history && history.IsSilent(nowTicks) && (isMuted || !IsUsed(layer, downTracks)))
            {
                history.Release();
            }
        }
    }

    /// <summary>Releases the histories. The layers keep no packets any more.</summary>
    public void Close()
    {
        foreach (var layer in _layers)
        {
            layer.Close();
        }
    }

    private UpLayer LayerOf(in LayerStep step) => _layers[_order[step.Layer]];

    private void Rank(Span<LayerState> ranked)
    {
        for (var i = 0; i < ranked.Length; i++)
        {
            ranked[i] = _states[_order[i]];
        }
    }

    /// <summary>Describes the only layer. Returns true when it has changed.</summary>
    private bool TryDescribeOnly(long nowTicks)
    {
        var before = _states[0];
        _states[0] = _layers[0].Describe(nowTicks, arrives: true);
        return _states[0].Targets != before.Targets || (_states[0].Width, _states[0].Height) != (before.Width, before.Height);
    }

    /// <summary>Returns true when the announcements have changed, or what is measured where they say nothing.</summary>
    private bool TryExamineRelayed(long nowTicks, ReadOnlySpan<DownTrack> downTracks, LayerState[] announced)
    {
        var changed = false;
        for (var i = 0; i < _layers.Length; i++)
        {
            var arrives = nowTicks - _layers[i].LastPacketTicks < StoppedTicks;
            _isRequestPending |= _demands[i].TryUpdate(nowTicks, IsUsed(_layers[i], downTracks), arrives);
            var (told, measured) = (announced[i], _layers[i].Describe(nowTicks, arrives));
            var state = new LayerState(
                told.IsAvailable,
                told.HasSize ? told.Width : measured.Width,
                told.HasSize ? told.Height : measured.Height,
                told.BytesPerSecond > 0 ? told.BytesPerSecond : measured.BytesPerSecond)
            {
                Targets = measured.Targets.IsEmpty ? told.Targets : measured.Targets,
            };
            changed |= state with { BytesPerSecond = 0 } != _states[i] with { BytesPerSecond = 0 };
            _states[i] = state;
        }

        return LayerSelection.TryRank(_states, _order) || changed;
    }

    /// <summary>Returns true when a layer has started or stopped, or when the order of the layers has changed.</summary>
    private bool TryExamineAll(long nowTicks, ReadOnlySpan<DownTrack> downTracks)
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
            _isRequestPending |= _demands[i].TryUpdate(nowTicks, IsUsed(_layers[i], downTracks), arrives);
            var state = _layers[i].Describe(nowTicks, arrives) with { IsAvailable = _demands[i].IsAvailable(nowTicks, arrives, hasArrived: _layers[i].LastPacketTicks is not null) };
            changed |= state with { BytesPerSecond = 0 } != _states[i] with { BytesPerSecond = 0 };
            _states[i] = state;
        }

        return LayerSelection.TryRank(_states, _order) || changed;
    }
}
