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
    private readonly Subscriber _subscriber;
    private readonly RelayedCodec _codec;
    private readonly RelayedLayer[] _layers;
    private readonly DownTrack?[] _downTracks;
    private RelayedLayerState[] _announced = [];
    private long _nextLayersTicks;

    /// <param name="track">The track, whose codec links carry.</param>
    /// <param name="codec">Its codec on the link.</param>
    /// <param name="subscriber">Sends the streams.</param>
    /// <param name="nextSsrc">Returns an SSRC that is new in the room.</param>
    public LinkedTrack(PublishedTrack track, RelayedCodec codec, Subscriber subscriber, Func<uint> nextSsrc)
    {
        Published = track;
        _codec = codec;
        _subscriber = subscriber;
        _layers = [.. track.Track.Options.Layers.Select(layer => new RelayedLayer(layer.Rid ?? "", nextSsrc(), codec.RtxPayloadType is null ? null : nextSsrc()))];
        _downTracks = new DownTrack?[_layers.Length];
    }

    public PublishedTrack Published { get; }

    /// <summary>The number of the track in the channel; 0 before the first one.</summary>
    public uint Number { get; private set; }

    public LinkAnnouncement Announcement { get; set; }

    /// <summary>Whether the track is a microphone whose speech is measured, and that is not muted.</summary>
    public bool IsMeasuredMicrophone => Published.Track is { Source: TrackSource.Microphone, IsMuted: false } && LinkFormats.HasLevel(Published.Track);

    /// <summary>The message that announces the track.</summary>
    public TrackAddedMessage Message => new()
    {
        Track = Number,
        Carriage = Announcement.Carriage,
        Hops = 1,
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

    /// <summary>Begins in a new channel, in which nothing was announced or demanded.</summary>
    public void Restart(uint number)
    {
        Number = number;
        _announced = [];
        _nextLayersTicks = 0;
        Demand(0);
    }

    /// <summary>Forwards the demanded layers, and no others. Bit i stands for the i-th layer.</summary>
    public void Demand(byte layers)
    {
        var source = Published.Track;
        for (var i = 0; i < _layers.Length; i++)
        {
            var isDemanded = (layers >> i & 1) != 0;
            if (isDemanded && _downTracks[i]?.Source is null)
            {
                var options = _downTracks[i]?.Options ?? LinkFormats.OptionsOf(source, _codec, i, _layers[i]);
                _subscriber.Start(_downTracks[i] ??= _subscriber.Add(options), source, options);
            }
            else if (!isDemanded)
            {
                _downTracks[i]?.Stop();
            }
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
        if (Published.Track.Options.Kind != MediaKind.Video || nowTicks < _nextLayersTicks)
        {
            return null;
        }

        var states = Published.Track.LayerStates;
        var isChanged = _announced.Length == 0;
        for (var i = 0; i < _announced.Length; i++)
        {
            isChanged |= HasChanged(_announced[i], StateOf(states[i]));
        }

        if (!isChanged)
        {
            return null;
        }

        _nextLayersTicks = nowTicks + LayersTicks;
        _announced = new RelayedLayerState[states.Length];
        for (var i = 0; i < states.Length; i++)
        {
            _announced[i] = StateOf(states[i]);
        }

        return new TrackLayersMessage { Track = Number, Layers = _announced };
    }

    private static RelayedLayerState StateOf(in LayerState state) => new(
        state.IsAvailable, (ushort)Math.Min(state.Width, ushort.MaxValue), (ushort)Math.Min(state.Height, ushort.MaxValue), (uint)Math.Min(state.BytesPerSecond * 8 / 1000, uint.MaxValue), state.Targets.Bits);

    /// <summary>Whether the other end needs to know. A rate varies all the time, and matters when it differs by a quarter.</summary>
    private static bool HasChanged(RelayedLayerState before, RelayedLayerState now) =>
        before with { KilobitsPerSecond = 0 } != now with { KilobitsPerSecond = 0 } || Math.Abs((long)now.KilobitsPerSecond - before.KilobitsPerSecond) > before.KilobitsPerSecond / 4;
}
