using MeetOperator.MediaNode.Tracks;
using MeetOperator.Relay.Messages;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Links;

/// <summary>
/// One track of the room that the other end of a link can have. Each layer has a stream of its own, which is forwarded while the other end demands it. A stream keeps its SSRC and
/// continues its numbers, because SRTP must not encrypt two packets with the same numbers.
/// </summary>
internal sealed class LinkedTrack
{
    /// <summary>Minimum time between two messages about the layers.</summary>
    private const long LayersTicks = 250 * TimeSpan.TicksPerMillisecond;

    /// <summary>How long the rate of a layer that has stopped is remembered.</summary>
    private const long RateTicks = 60 * TimeSpan.TicksPerSecond;
    private readonly Subscriber _subscriber;
    private readonly RelayedCodec _codec;
    private readonly bool _crosses;
    private readonly RelayedLayer[] _layers;
    private readonly DownTrack?[] _downTracks;
    private RelayedLayerState[] _announced = [];
    private long _nextLayersTicks;
    private byte _demanded;
    private byte _allowed = byte.MaxValue;
    private readonly (long BytesPerSecond, long Ticks)[] _rates;

    /// <param name="track">The track, whose codec links carry.</param>
    /// <param name="codec">Its codec on the link.</param>
    /// <param name="subscriber">Sends the streams.</param>
    /// <param name="nextSsrc">Returns an SSRC that is new in the room.</param>
    /// <param name="crosses">Whether the other end is another loop of this media node.</param>
    public LinkedTrack(PublishedTrack track, RelayedCodec codec, Subscriber subscriber, Func<uint> nextSsrc, bool crosses)
    {
        _crosses = crosses;
        Published = track;
        Due = new LinkedListNode<LinkedTrack>(this);
        _codec = codec;
        _subscriber = subscriber;
        _layers = [.. track.Track.Options.Layers.Select(layer => new RelayedLayer(layer.Rid ?? "", nextSsrc(), codec.RtxPayloadType is null ? null : nextSsrc()))];
        _downTracks = new DownTrack?[_layers.Length];
        _rates = new (long, long)[_layers.Length];
    }

    public PublishedTrack Published { get; }

    /// <summary>The place of the track among those whose announcements are due.</summary>
    public LinkedListNode<LinkedTrack> Due { get; }

    /// <summary>Whether the other end knows the track.</summary>
    public bool IsAnnounced => Number != 0;

    /// <summary>The number of the track in the channel; 0 before it is announced.</summary>
    public uint Number { get; private set; }

    public LinkAnnouncement Announcement { get; set; }

    /// <summary>The last announcement in the channel, as long as the other end knows nothing newer; empty for none.</summary>
    public byte[] LastMessage { get; set; } = [];

    public bool IsVideo => Published.Track.Options.Kind == MediaKind.Video;

    public int LayerCount => _layers.Length;

    /// <summary>Whether the track is a microphone whose speech is measured, and that is not muted.</summary>
    public bool IsMeasuredMicrophone => Published.Track is { Source: TrackSource.Microphone, IsMuted: false } && LinkFormats.HasLevel(Published.Track);

    /// <summary>The message that announces the track.</summary>
    public TrackAddedMessage Message => new()
    {
        Track = Number,
        Carriage = Announcement.Carriage,
        Hops = Announcement.Hops,
        Origin = Announcement.Origin,
        OriginGeneration = Announcement.Generation,
        ParticipantId = Published.Track.ParticipantId,
        Source = LinkFormats.SourceOf(Published.Track.Source),
        IsMuted = Published.Track.IsMuted,
        IsEncrypted = Published.Track.Options.IsEncrypted,
        HasLevel = LinkFormats.HasLevel(Published.Track),
        Codec = _codec,
        Layers = _layers,
    };

    /// <summary>Begins with a number, or with 0 in a new channel, in which nothing was announced or demanded.</summary>
    public void Restart(uint number)
    {
        Number = number;
        LastMessage = [];
        _announced = [];
        _nextLayersTicks = 0;
        Demand(0);
    }

    /// <summary>Forwards the demanded layers that are allowed, and no others. Bit i stands for the i-th layer.</summary>
    public void Demand(byte layers)
    {
        _demanded = layers;
        for (var i = 0; i < _layers.Length; i++)
        {
            Forward(i);
        }
    }

    /// <summary>Whether the other end demands a layer.</summary>
    public bool IsDemanded(int layer) => (_demanded >> layer & 1) != 0;

    /// <summary>Whether a layer may be forwarded. All may at first.</summary>
    public bool IsAllowed(int layer) => (_allowed >> layer & 1) != 0;

    /// <summary>
    /// The rate of a layer in bytes per second; 0 when it is not known. A publisher stops a layer that nobody uses, also one that the limit leaves out, so the last rate is remembered for
    /// a minute.
    /// </summary>
    public long RateOf(int layer, long nowTicks)
    {
        if (Published.Track.LayerStates[layer].BytesPerSecond is > 0 and var measured && (IsAllowed(layer) || measured > _rates[layer].BytesPerSecond))
        {
            _rates[layer] = (measured, nowTicks); // not that of a layer which is about to stop because it is left out
        }

        return nowTicks - _rates[layer].Ticks < RateTicks ? _rates[layer].BytesPerSecond : 0;
    }

    /// <summary>Allows a layer, or leaves it out: it is not forwarded, and the other end is told that it is not available.</summary>
    public void Allow(int layer, bool isAllowed)
    {
        if (isAllowed != IsAllowed(layer))
        {
            _allowed ^= (byte)(1 << layer);
            Forward(layer);
        }
    }

    /// <summary>Ends the streams.</summary>
    public void Close()
    {
        foreach (var downTrack in _downTracks)
        {
            if (downTrack is not null)
            {
                _subscriber.Remove(downTrack);
            }
        }

        Array.Clear(_downTracks);
    }

    /// <summary>The message about the layers of a video track, if they have changed and the last message is old enough; otherwise null.</summary>
    public TrackLayersMessage? TakeLayers(long nowTicks)
    {
        if (!IsVideo || nowTicks < _nextLayersTicks)
        {
            return null;
        }

        var states = Published.Track.LayerStates;
        var isChanged = _announced.Length == 0;
        for (var i = 0; i < _announced.Length; i++)
        {
            isChanged |= HasChanged(_announced[i], StateOf(states[i], IsAllowed(i)));
        }

        if (!isChanged)
        {
            return null;
        }

        _nextLayersTicks = nowTicks + LayersTicks;
        _announced = new RelayedLayerState[states.Length];
        for (var i = 0; i < states.Length; i++)
        {
            _announced[i] = StateOf(states[i], IsAllowed(i));
        }

        return new TrackLayersMessage { Track = Number, Layers = _announced };
    }

    private void Forward(int layer)
    {
        if (!IsDemanded(layer) || !IsAllowed(layer))
        {
            _downTracks[layer]?.Stop();
        }
        else if (_downTracks[layer]?.Source is null)
        {
            var source = Published.Track;
            var options = _downTracks[layer]?.Options ?? LinkFormats.OptionsOf(source, _codec, layer, _layers[layer]) with { StaysOnNode = _crosses };
            _subscriber.Start(_downTracks[layer] ??= _subscriber.Add(options), source, options);
        }
    }

    private static RelayedLayerState StateOf(in LayerState state, bool isAllowed) => new(
        state.IsAvailable && isAllowed, (ushort)Math.Min(state.Width, ushort.MaxValue), (ushort)Math.Min(state.Height, ushort.MaxValue), (uint)Math.Min(state.BytesPerSecond * 8 / 1000, uint.MaxValue), state.Targets.Bits);

    /// <summary>Whether the other end needs to know. A rate varies all the time, and matters when it differs by a quarter.</summary>
    private static bool HasChanged(RelayedLayerState before, RelayedLayerState now) =>
        before with { KilobitsPerSecond = 0 } != now with { KilobitsPerSecond = 0 } || Math.Abs((long)now.KilobitsPerSecond - before.KilobitsPerSecond) > before.KilobitsPerSecond / 4;
}
