using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Relay.Messages;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Links;

/// <summary>
/// The tracks of a room that it carries over a link. The other end is told of each track, and gets the layers that it demands. The owner decides which tracks these are. Used by
/// the loop of the room.
/// </summary>
internal sealed class LinkOutgoing
{
    /// <summary>Interval of the messages about speech. Changes of layers are looked for as often.</summary>
    private const long UpdateTicks = 50 * TimeSpan.TicksPerMillisecond;

    /// <summary>The most messages in one step. Between two steps, the loop does other work.</summary>
    private const int StepMessages = 64;
    private readonly ILinkPeer _peer;
    private readonly Func<uint> _nextSsrc;
    private readonly AnnouncementPace? _pace;
    private readonly int _maxTracks;

    /// <summary>The tracks whose announcements, or changes of them, wait for the other end.</summary>
    private readonly LinkedList<LinkedTrack> _due = new();

    /// <summary>Tracks beyond the limit of the other end. They wait until others end.</summary>
    private readonly LinkedList<LinkedTrack> _excess = new();
    private readonly Subscriber _subscriber;
    private readonly List<LinkedTrack> _tracks = [];

    /// <summary>Those of them that are looked at again and again: videos for their layers, microphones for their speech.</summary>
    private readonly List<LinkedTrack> _videos = [];
    private readonly List<LinkedTrack> _microphones = [];
    private readonly Dictionary<uint, LinkedTrack> _byNumber = [];
    private readonly Dictionary<PublishedTrack, LinkedTrack> _byTrack = new(ReferenceEqualityComparer.Instance);
    private readonly HeardMicrophones _heard = new();
    private readonly LinkLimit _limit = new();
    private uint _lastNumber;
    private bool _isOpen;
    private long _nextUpdateTicks;

    /// <param name="peer">The other end.</param>
    /// <param name="nextSsrc">Returns an SSRC that is new in the room.</param>
    /// <param name="isLimited">Whether the other end limits announcements, because it is another media node and not another loop of this one.</param>
    public LinkOutgoing(ILinkPeer peer, Func<uint> nextSsrc, bool isLimited = true)
    {
        _peer = peer;
        _nextSsrc = nextSsrc;
        _pace = isLimited ? new AnnouncementPace() : null;
        _maxTracks = isLimited ? LinkIncoming.MaxTracks : int.MaxValue;
        _subscriber = new Subscriber(peer);
    }

    /// <summary>Whether announcements wait for the other end.</summary>
    public bool HasDue => _due.Count > 0;

    private bool CanAnnounce => _peer.HasRoom && _pace is not { IsUsedUp: true };

    /// <summary>
    /// Announces a track, or changes the announcement of one that was added before. False when links do not carry the track: its codec is not known, or the protocol does not allow a
    /// text of the announcement, such as an ID of more than 128 bytes.
    /// </summary>
    public bool Add(PublishedTrack track, LinkAnnouncement announcement)
    {
        if (Find(track) is { } known)
        {
            known.Announcement = announcement;
            Announce(known);
            return true;
        }

        if (LinkFormats.CodecOf(track) is not { } codec)
        {
            return false;
        }

        var linked = new LinkedTrack(track, codec, _subscriber, _nextSsrc, crosses: _pace is null) { Announcement = announcement };
        try
        {
            linked.Message.Write(stackalloc byte[LinkMessage.MaximumLength]);
        }
        catch (ArgumentException)
        {
            return false;
        }

        _tracks.Add(linked);
        SameKind(linked)?.Add(linked);
        _byTrack.Add(track, linked);
        Announce(linked);
        if (_isOpen)
        {
            _peer.WakeAt(0);
        }

        return true;
    }

    /// <summary>The limit of what is sent, in kilobits per second; null for none. It applies within <see cref="LinkLimit.IntervalTicks"/>.</summary>
    public int? MaxKilobitsPerSecond
    {
        get => _limit.KilobitsPerSecond;
        set => _limit.KilobitsPerSecond = value;
    }

    /// <summary>The tracks that were added.</summary>
    public IReadOnlyList<PublishedTrack> Tracks => [.. _tracks.Select(track => track.Published)];

    /// <summary>Ends a track. Does nothing when it was not added.</summary>
    public void Remove(PublishedTrack track)
    {
        if (Find(track) is not { } linked)
        {
            return;
        }

        _tracks.Remove(linked);
        SameKind(linked)?.Remove(linked);
        _byTrack.Remove(track);
        linked.Due.List?.Remove(linked.Due);
        linked.Close();
        if (_byNumber.Remove(linked.Number))
        {
            Span<byte> buffer = stackalloc byte[LinkMessage.MaximumLength];
            _peer.TrySend(buffer[..new TrackRemovedMessage(linked.Number).Write(buffer)]);
        }
    }

    /// <summary>Tells the other end that a track is muted or unmuted. Does nothing when it was not added.</summary>
    public void SetMuted(PublishedTrack track, bool isMuted)
    {
        if (_isOpen && Find(track) is { IsAnnounced: true } linked)
        {
            Span<byte> buffer = stackalloc byte[LinkMessage.MaximumLength];
            var message = new TrackMutedMessage(linked.Number, isMuted);
            linked.LastMessage = []; // the other end knows something else now
            _peer.TrySend(buffer[..message.Write(buffer)], message.Key);
        }
    }

    /// <summary>Processes a demand of the other end. A demand for a track that has ended is ignored.</summary>
    public void OnDemand(DemandMessage demand)
    {
        if (_byNumber.TryGetValue(demand.Track, out var track))
        {
            track.Demand(demand.Layers);
        }
    }

    /// <summary>Processes one unencrypted compound RTCP packet: requests for packets and key frames, and reports.</summary>
    /// <param name="nowTicks">The time at which it is processed.</param>
    /// <param name="compound">The packet.</param>
    /// <param name="arrivalTicks">When it arrived.</param>
    public void OnRtcp(long nowTicks, ReadOnlySpan<byte> compound, long arrivalTicks) => _subscriber.OnRtcp(nowTicks, compound, arrivalTicks);

    /// <summary>Sends what is due, and returns when to call again; <see cref="long.MaxValue"/> when there is nothing to do.</summary>
    public long HandleTimeout(long nowTicks)
    {
        var next = _subscriber.HandleTimeout(nowTicks);
        if (!_isOpen || _tracks.Count == 0)
        {
            return next;
        }

        var isDueUpdate = nowTicks >= _nextUpdateTicks;
        if (isDueUpdate)
        {
            _pace?.Earn(nowTicks, _peer.HasRoom);
        }

        var hasMore = SendDue();
        if (isDueUpdate)
        {
            _nextUpdateTicks = nowTicks + UpdateTicks;
            _limit.Apply(nowTicks, _tracks, _videos);
            SendLayers(nowTicks);
            SendHeard(nowTicks);
        }

        return hasMore ? nowTicks : Math.Min(next, _nextUpdateTicks);
    }

    /// <summary>Sends the next announcements that are due. Returns true when more can be sent at once; false when there are no more, or when they wait for the other end.</summary>
    public bool SendDue()
    {
        for (var sent = 0; NextDue() is { } track; sent++)
        {
            if (!CanAnnounce)
            {
                return false;
            }

            if (sent == StepMessages)
            {
                return true;
            }

            track.Due.List!.Remove(track.Due);
            Send(track);
        }

        return false;
    }

    /// <summary>A new channel is open, in which the other end knows nothing. The numbers of tracks start anew, everything is announced in steps, and nothing is demanded.</summary>
    public void Open()
    {
        _isOpen = true;
        _lastNumber = 0;
        _heard.Restart();
        _pace?.OnOpened();
        Forget();
        foreach (var track in _tracks)
        {
            _due.AddLast(track.Due);
        }

        SendDue();
        _peer.WakeAt(0);
    }

    /// <summary>The channel has ended: nothing is sent until <see cref="Open"/>. The tracks stay added.</summary>
    public void Close()
    {
        _isOpen = false;
        Forget();
    }

    private List<LinkedTrack>? SameKind(LinkedTrack track) =>
        track.IsVideo ? _videos : track.Published.Track.Source == TrackSource.Microphone ? _microphones : null;

    private LinkedTrack? Find(PublishedTrack track) => _byTrack.GetValueOrDefault(track);

    private void Forget()
    {
        _byNumber.Clear();
        _due.Clear();
        _excess.Clear();
        foreach (var track in _tracks)
        {
            track.Restart(number: 0);
        }
    }

    /// <summary>Announces a track, or what has changed about it, in its turn.</summary>
    private void Announce(LinkedTrack track)
    {
        if (_isOpen)
        {
            if (track.Due.List is null)
            {
                _due.AddLast(track.Due);
            }

            SendDue();
        }
    }

    /// <summary>The next track whose announcement may be sent; null for none. Those that the other end has no place for are put aside, so that nobody goes through them again and again.</summary>
    private LinkedTrack? NextDue()
    {
        var hasPlace = _byNumber.Count < _maxTracks;
        if (hasPlace && _excess.First is { } excess)
        {
            return excess.Value;
        }

        while (_due.First is { } first)
        {
            if (hasPlace || first.Value.IsAnnounced)
            {
                return first.Value;
            }

            _due.Remove(first);
            _excess.AddLast(first);
        }

        return null;
    }

    private void Send(LinkedTrack track)
    {
        if (!track.IsAnnounced)
        {
            track.Restart(++_lastNumber);
            _byNumber.Add(track.Number, track);
        }

        Span<byte> buffer = stackalloc byte[LinkMessage.MaximumLength];
        var message = buffer[..track.Message.Write(buffer)];
        if (!message.SequenceEqual(track.LastMessage))
        {
            track.LastMessage = message.ToArray();
            _pace?.Take(); // not twice, because the other end limits announcements
            _peer.TrySend(message);
        }
    }

    private void SendLayers(long nowTicks)
    {
        Span<byte> buffer = stackalloc byte[LinkMessage.MaximumLength];
        var sent = 0;
        foreach (var track in _videos)
        {
            if (sent % StepMessages == 0 && !_peer.HasRoom)
            {
                return;
            }

            if (track.IsAnnounced && track.TakeLayers(nowTicks) is { } message)
            {
                sent++;
                _peer.TrySend(buffer[..message.Write(buffer)], message.Key);
            }
        }
    }

    private void SendHeard(long nowTicks)
    {
        _heard.Begin();
        foreach (var track in _microphones)
        {
            if (track.IsAnnounced && track.IsMeasuredMicrophone)
            {
                _heard.Add(track.Number, track.Published.Track.SpeechAt(nowTicks));
            }
        }

        if (_heard.Choose(nowTicks) is { } message)
        {
            Span<byte> buffer = stackalloc byte[LinkMessage.MaximumLength];
            _peer.TrySend(buffer[..message.Write(buffer)], HeardMessage.Key);
        }
    }
}
