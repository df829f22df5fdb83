using System.Runtime.ExceptionServices;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Relay.Messages;
using MeetOperator.Sdp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Speakers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Links;

/// <summary>
/// The tracks that the other end of a link has announced. Those that the link carries are received like the tracks of a publisher, each layer while somebody in this room uses it.
/// The owner decides which tracks these are. Used by the loop of the room.
/// </summary>
internal sealed class LinkIncoming
{
    /// <summary>Maximum number of tracks of a link to another media node.</summary>
    public const int MaxTracks = 2048;

    /// <summary>The memory of all tracks of a link to another media node for retransmissions: enough for 204 layers of simulcast that cross at a time.</summary>
    public const long RetransmissionBytes = 64 * 1024 * 1024;

    /// <summary>Time within which a new channel must announce the tracks of the former one again.</summary>
    private const long StaleTicks = 2 * TimeSpan.TicksPerSecond;

    /// <summary>How soon demands are sent for which there was no room.</summary>
    private const long DemandTicks = 10 * TimeSpan.TicksPerMillisecond;
    private readonly ILinkPeer _peer;
    private readonly IRelayedTracks _owner;
    private readonly LinkEnd _end;
    private readonly Publisher _publisher;
    private readonly RelayedTrackTable _tracks = new();
    private readonly Dictionary<PublishedTrack, RelayedTrack> _carried = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<RelayedTrack> _awaited = [];
    private bool _hasAwaitedChanged;

    /// <summary>Whether demands may have changed, or wait for room.</summary>
    private bool _areDemandsDue = true;

    /// <summary><see cref="Publisher.RequestChanges"/> when demands were considered last.</summary>
    private int _demandedChanges;
    private readonly AnnouncementLimit _announcements = new(MaxTracks);
    private long _staleUntilTicks = long.MaxValue;
    private long _roundTripTicks;

    /// <param name="peer">The other end.</param>
    /// <param name="owner">Decides which tracks the link carries.</param>
    /// <param name="end">Which tracks the other end may announce.</param>
    /// <param name="ownSsrc">The SSRC of this node's reports.</param>
    /// <param name="retransmissions">The memory for retransmissions, for the tracks that are created for this link; null for one of its own.</param>
    public LinkIncoming(ILinkPeer peer, IRelayedTracks owner, LinkEnd end, uint ownSsrc, MemoryBudget? retransmissions = null)
    {
        Retransmissions = retransmissions ?? new MemoryBudget(RetransmissionBytes);
        _peer = peer;
        _owner = owner;
        _end = end;
        _publisher = new Publisher(peer, ownSsrc);
    }

    /// <summary>The announced tracks.</summary>
    public IReadOnlyList<RelayedTrack> Tracks => _tracks.All;

    /// <summary>The memory for retransmissions, for the tracks that are created for this link.</summary>
    public MemoryBudget Retransmissions { get; }

    /// <summary>The dropped messages.</summary>
    public LinkRefusalCounters Refusals { get; } = new();

    /// <summary>Demands all layers of a track that another connection carries, and waits for its start. Repeated calls change nothing.</summary>
    public void Await(RelayedTrack track) => SetAwaited(track, track.Carried is null);

    /// <summary>No longer waits for the start of a track.</summary>
    public void Ignore(RelayedTrack track) => SetAwaited(track, false);

    /// <summary>
    /// Carries a track of the room from now on. Remove it from its former carrier first. A track that was created with <see cref="RelayedTrack.Options"/> starts; any other one
    /// continues, and must have as many layers.
    /// </summary>
    public void Carry(RelayedTrack track, PublishedTrack published)
    {
        if (track.Carried is { } former)
        {
            _carried.Remove(former);
        }

        (track.Carried, _areDemandsDue) = (published, true);
        _carried[published] = track;
        SetAwaited(track, false);
        if (ReferenceEquals(published.Track.Options, track.Options))
        {
            _publisher.Add(published.Track);
        }
        else
        {
            _publisher.Continue(published.Track, track.Options);
        }

        published.Track.SetAnnouncedLayers(track.Layers);
    }

    /// <summary>Carries a track of the room no longer, because another connection does. Does nothing when the link does not carry it.</summary>
    public void Release(PublishedTrack published)
    {
        if (_carried.Remove(published, out var track))
        {
            _publisher.Remove(published.Track);
            (track.Carried, _areDemandsDue) = (null, true);
            _peer.WakeAt(0);
        }
    }

    /// <summary>A new channel is open. The tracks of a former channel end unless they are announced again soon.</summary>
    public void Open(long nowTicks)
    {
        _announcements.OnOpened(nowTicks);
        _tracks.MarkStale();
        _areDemandsDue = true;
        _staleUntilTicks = nowTicks + StaleTicks;
        _peer.WakeAt(_staleUntilTicks);
    }

    /// <summary>The channel has ended, and all tracks end with it.</summary>
    public void Close()
    {
        Exception? first = null;
        foreach (var track in _tracks.All.ToArray())
        {
            try
            {
                Remove(track);
            }
            catch (Exception e)
            {
                first ??= e; // the other tracks end all the same, or they would stay in the room without a carrier
            }
        }

        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }

    /// <summary>Processes a message of the other end, which is any type but a demand. Drops and counts what is not allowed.</summary>
    public void OnMessage(long nowTicks, ReadOnlySpan<byte> message)
    {
        if (Handle(nowTicks, message) is { } refusal)
        {
            Refusals.Count(refusal);
        }
    }

    /// <summary>Processes one unencrypted RTP packet. May change the buffer.</summary>
    /// <param name="nowTicks">The time at which the packet is processed.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="arrivalTicks">When the packet arrived.</param>
    public ReceivedMedia OnRtp(long nowTicks, Span<byte> packet, long arrivalTicks)
    {
        ApplyAwaited();
        if (_publisher.FindStart(packet) is { } options)
        {
            Start(options);
        }

        return _publisher.OnRtp(nowTicks, packet, arrivalTicks);
    }

    /// <summary>Processes one unencrypted compound RTCP packet: the clocks of the streams.</summary>
    /// <param name="nowTicks">The time at which it is processed.</param>
    /// <param name="compound">The packet.</param>
    /// <param name="arrivalTicks">When it arrived.</param>
    public void OnRtcp(long nowTicks, ReadOnlySpan<byte> compound, long arrivalTicks) => _publisher.OnRtcp(nowTicks, compound, arrivalTicks);

    /// <summary>Sends due requests, reports and demands, and ends tracks that were not announced again.</summary>
    /// <returns>When to call again, if no packet or message arrives. Call it within 10 ms after either.</returns>
    public long HandleTimeout(long nowTicks)
    {
        if (nowTicks >= _staleUntilTicks)
        {
            _staleUntilTicks = long.MaxValue;
            RemoveStale();
        }

        if (_peer.RoundTripTicks != _roundTripTicks)
        {
            _roundTripTicks = _peer.RoundTripTicks;
            _publisher.OnPathCheck(nowTicks, _roundTripTicks);
        }

        ApplyAwaited();
        var next = _publisher.HandleTimeout(nowTicks); // first, because it finds out which layers are used
        _areDemandsDue |= _publisher.RequestChanges != _demandedChanges;
        _demandedChanges = _publisher.RequestChanges;
        if (_areDemandsDue && _peer.IsReady)
        {
            _areDemandsDue = !SendDemands();
            next = _areDemandsDue ? Math.Min(next, nowTicks + DemandTicks) : next;
        }

        return Math.Min(next, _staleUntilTicks);
    }

    private LinkRefusal? Handle(long nowTicks, ReadOnlySpan<byte> message)
    {
        LinkMessage.TryReadType(message, out var type);
        return type switch
        {
            LinkMessageType.TrackAdded when TrackAddedMessage.TryRead(message, out var added) => Add(nowTicks, added),
            LinkMessageType.TrackRemoved when TrackRemovedMessage.TryRead(message, out var removed) => RemoveAnnounced(removed),
            LinkMessageType.TrackMuted when TrackMutedMessage.TryRead(message, out var muted) => Mute(muted),
            LinkMessageType.TrackLayers when TrackLayersMessage.TryRead(message, out var layers) => SetLayers(layers),
            LinkMessageType.Heard when HeardMessage.TryRead(message, out var heard) => Hear(nowTicks, heard),
            _ => LinkRefusal.Malformed,
        };
    }

    private LinkRefusal? Add(long nowTicks, TrackAddedMessage message)
    {
        if (!_end.MayAnnounce(message.Origin, message.Hops))
        {
            return LinkRefusal.Origin;
        }

        if (_end.IsLimited && !_announcements.TryTake(nowTicks))
        {
            return LinkRefusal.TooManyAnnouncements;
        }

        if (!LinkFormats.TryRead(message, out var options, out var codec))
        {
            return LinkRefusal.UnsupportedTrack;
        }

        var announced = _tracks.Find(message.Track);
        if (announced is not null && !(announced.IsSameAs(message) && announced.Announcement.Layers.SequenceEqual(message.Layers)))
        {
            return LinkRefusal.Contradiction;
        }

        var known = announced ?? _tracks.FindStale(message);
        if (!_tracks.HasFreeSsrcs(message, known))
        {
            return LinkRefusal.SsrcCollision;
        }

        if (known is null && _end.IsLimited && _tracks.All.Count >= MaxTracks)
        {
            return LinkRefusal.TooManyTracks;
        }

        if (known is null)
        {
            known = new RelayedTrack(this, message, options, codec);
            _tracks.Add(known);
        }
        else
        {
            Update(known, message, options, codec);
        }

        _owner.OnAnnounced(known);
        return null;
    }

    /// <summary>Applies another announcement of a track. It continues, from its present numbers if it has the same SSRCs.</summary>
    private void Update(RelayedTrack track, TrackAddedMessage message, UpTrackOptions options, RtpCodec codec)
    {
        _tracks.Unbind(track);
        track.IsStale = false;
        if (track.HasSameFormat(message))
        {
            track.Update(message, track.Options, track.Codec);
        }
        else
        {
            track.Update(message, options, codec);
            if (track.Carried is { } carried)
            {
                _publisher.Renegotiate(carried.Track, options);
            }

            ReportAwaited();
        }

        _tracks.Bind(track);
        _areDemandsDue = true;
    }

    private LinkRefusal? RemoveAnnounced(TrackRemovedMessage message)
    {
        if (_tracks.Find(message.Track) is not { } track)
        {
            return LinkRefusal.UnknownTrack;
        }

        Remove(track);
        return null;
    }

    private LinkRefusal? Mute(TrackMutedMessage message)
    {
        if (_tracks.Find(message.Track) is not { } track)
        {
            return LinkRefusal.UnknownTrack;
        }

        track.IsMuted = message.IsMuted;
        _owner.OnMuted(track);
        return null;
    }

    private LinkRefusal? SetLayers(TrackLayersMessage message)
    {
        if (_tracks.Find(message.Track) is not { } track)
        {
            return LinkRefusal.UnknownTrack;
        }

        if (message.Layers.Count != track.Layers.Length)
        {
            return LinkRefusal.Contradiction;
        }

        for (var i = 0; i < track.Layers.Length; i++)
        {
            var layer = message.Layers[i];
            track.Layers[i] = new LayerState(layer.IsAvailable, layer.Width, layer.Height, layer.KilobitsPerSecond * 1000L / 8) { Targets = new(layer.Targets) };
        }

        track.Carried?.Track.SetAnnouncedLayers(track.Layers);
        return null;
    }

    private LinkRefusal? Hear(long nowTicks, HeardMessage message)
    {
        LinkRefusal? refusal = null;
        foreach (var microphone in message.Microphones)
        {
            if (_tracks.Find(microphone.Track) is { Source: TrackSource.Microphone } track)
            {
                _owner.OnHeard(nowTicks, track, new SpeechState(microphone.Level, microphone.IsSpeaking, TicksOf(microphone.SinceMilliseconds), TicksOf(microphone.LastMilliseconds)));
            }
            else
            {
                refusal = LinkRefusal.UnknownTrack;
            }
        }

        return refusal;

        long TicksOf(uint milliseconds) => milliseconds == RelayedSpeech.Never ? 0 : Math.Max(0, nowTicks - (_peer.RoundTripTicks / 2) - (milliseconds * TimeSpan.TicksPerMillisecond));
    }

    private void Start(UpTrackOptions options)
    {
        if (_awaited.FirstOrDefault(track => ReferenceEquals(track.Options, options)) is { } started)
        {
            _owner.OnStarted(started);
        }
    }

    private void RemoveStale()
    {
        foreach (var track in _tracks.All.Where(track => track.IsStale).ToArray())
        {
            Remove(track);
        }
    }

    private void Remove(RelayedTrack track)
    {
        _tracks.Remove(track);
        if (track.Carried is { } carried)
        {
            _publisher.Remove(carried.Track);
        }

        try
        {
            _owner.OnRemoved(track);
        }
        finally
        {
            if (track.Carried is { } former)
            {
                _carried.Remove(former);
            }

            track.Carried = null;
            SetAwaited(track, false);
        }
    }

    private void SetAwaited(RelayedTrack track, bool isAwaited)
    {
        if (isAwaited != track.IsAwaited)
        {
            (track.IsAwaited, _areDemandsDue) = (isAwaited, true);
            _ = isAwaited ? _awaited.Add(track) : _awaited.Remove(track);
            ReportAwaited();
        }
    }

    /// <summary>Which tracks are awaited matters with the next packet. Many change at a time when a large meeting moves, and each change would go through all of them.</summary>
    private void ReportAwaited()
    {
        _hasAwaitedChanged = true;
        _peer.WakeAt(0);
    }

    private void ApplyAwaited()
    {
        if (_hasAwaitedChanged)
        {
            _hasAwaitedChanged = false;
            _publisher.Await([.. _awaited.Select(track => track.Options)]);
        }
    }

    /// <summary>Sends the demands that have changed. False when some wait for room.</summary>
    private bool SendDemands()
    {
        var areAllSent = true;
        Span<byte> buffer = stackalloc byte[LinkMessage.MaximumLength];
        foreach (var track in _tracks.All)
        {
            var wanted = track.Wanted;
            if (wanted == track.Demanded || track.IsStale)
            {
                continue;
            }

            if (!_peer.HasRoom)
            {
                return false;
            }

            var message = new DemandMessage(track.Announcement.Track, wanted);
            var isSent = _peer.TrySend(buffer[..message.Write(buffer)], message.Key);
            track.Demanded = isSent ? wanted : track.Demanded;
            areAllSent &= isSent;
        }

        return areAllSent;
    }
}
