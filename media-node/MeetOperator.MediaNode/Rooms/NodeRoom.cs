using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Failures;
using MeetOperator.MediaNode.Limits;
using MeetOperator.MediaNode.Links;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Native.Sockets;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.Relay.Messages;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// The media state of one meeting on one loop. A large meeting has several of them on a media node, the parts of the room: the hub, and others that are linked with it. Used only on the thread of
/// its loop.
/// </summary>
internal sealed class NodeRoom
{
    private readonly RoomShare _share;
    private readonly int _part;
    private readonly RoomOrigin _origin;
    private readonly RoomTracks _tracks;
    private readonly RoomLinks _links;
    private readonly OperatedLinks _operatedLinks;
    private readonly RoomParticipants _participants;
    private readonly RoomOffers _offers;
    private readonly RoomLayers _layers;
    private readonly RoomSlots _slots;
    private readonly RoomNegotiation _negotiation;
    private readonly SsrcSequence _ssrcs = new();
    private readonly MemoryShare _longKeyFrames;
    private readonly RoomSpeakers _speakers;
    private readonly RoomLines _lines = new();
    private readonly RoomLineReports _lineReports;
    private readonly RoomTraffic _traffic = new();
    private readonly Action<NodeRoom> _onClosed;

    /// <summary>The limits of a network check; null in rooms of meetings, where each participant has its own.</summary>
    private readonly CheckLimits? _check;
    private readonly RoomConnections _connections;
    private long? _emptySinceTicks;
    private volatile RoomReport? _lastReport;

    /// <summary>The participants that the last event has named as unreachable; null before the room has links.</summary>
    private IReadOnlyList<string>? _unreachable;

    /// <param name="share">What the parts of the room have in common.</param>
    /// <param name="part">The number of the part; 0 for the hub.</param>
    /// <param name="loop">The loop that the part runs on.</param>
    /// <param name="sessions">Creates sessions on that loop.</param>
    /// <param name="participantTimeout">Time after which a participant is removed when it has no connected transport and signaling has not refreshed it.</param>
    /// <param name="onClosed">Called after the part has closed because of an unexpected error, or because nobody is there any more.</param>
    public NodeRoom(RoomShare share, int part, MediaLoop loop, SessionFactory sessions, TimeSpan participantTimeout, Action<NodeRoom> onClosed)
    {
        (_share, _part, _onClosed) = (share, part, onClosed);
        Loop = loop;
        Sessions = sessions;
        _longKeyFrames = new MemoryShare(sessions.LongKeyFrames);
        _origin = new RoomOrigin { Name = share.Name, Part = LinkEnd.NameOf(part), Generation = (ulong)share.Generation };
        _tracks = new RoomTracks(_origin);
        _links = new RoomLinks(_tracks, _ssrcs.Next);
        _operatedLinks = new OperatedLinks(_links, loop, (link, end, options) => OpenLink(link, end.Node, end.Peer, options));
        _connections = new RoomConnections(RoomIds.IsOfMeeting(Id) ? loop.Connections : null, share);
        _check = RoomIds.IsOfCheck(Id) ? new CheckLimits() : null;
        _participants = new RoomParticipants(share, this, participantTimeout, CreateParticipant, Fail);
        _speakers = new RoomSpeakers(Fail);
        _offers = new RoomOffers(_participants, _tracks, Events, loop);
        _layers = new RoomLayers(_participants, Events);
        _lineReports = new RoomLineReports(Events, MeasureLines);
        _slots = new RoomSlots(_participants, _offers, Events, loop);
        _negotiation = new RoomNegotiation(_participants, _tracks, _offers, _slots, sessions, share.Paths)
        {
            MaxPlays = _check is null ? RoomNegotiation.UsualMaxPlays : CheckLimits.MaxPlays,
            MaxTracks = _check is null ? PublishPreparation.MaxTracks : CheckLimits.MaxTracks,
        };
        _tracks.Added += OnTrackAdded;
        _tracks.Removed += OnTrackRemoved;
        _tracks.CarrierChanged += OnCarrierChanged;
        _links.ReachabilityChanged += PublishUnreachable;
        Loop.Ticked += OnTick;
    }

    public string Id => _share.Id;

    /// <summary>Whether this part is the hub: all other parts are linked with it, and so are other media nodes.</summary>
    public bool IsHub => _part == 0;

    /// <summary>The events of all parts.</summary>
    public RoomEventHub Events => _share.Events;

    /// <summary>The tracks of all participants, also of those on other media nodes.</summary>
    public RoomTracks Tracks => _tracks;

    public SessionFactory Sessions { get; }

    public MediaLoop Loop { get; }

    /// <summary>How many participants have a place here.</summary>
    public PartPlaces Places { get; } = new();

    /// <summary>The participants of this part.</summary>
    public int ParticipantCount => _participants.Count;

    public long Generation => _share.Generation;

    /// <summary>The port at which other media nodes link with the room.</summary>
    public int Port => _share.Hub.Loop.Port;

    public bool IsClosed { get; private set; }

    /// <summary>Whether it has closed because of an unexpected error.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>After the room was closed, completes when all its sessions have ended. Already completed while the room is open.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    public IEnumerable<NodeParticipant> Participants => _participants.All;

    /// <summary>Rejects a request of an older assignment of this meeting, and adopts the generation of a newer one.</summary>
    public void Fence(long generation)
    {
        _share.Fence(generation);
        _origin.Generation = (ulong)generation;
    }

    public void Update(RoomSpec spec)
    {
        Fence(spec.Generation);
        _share.Update(spec);
    }

    /// <summary>Adds or refreshes a participant.</summary>
    /// <param name="participantId">The participant.</param>
    /// <param name="generation">The generation that the caller knows.</param>
    /// <param name="region">Its region; null leaves it as it is.</param>
    public void Touch(string participantId, long generation, string? region = null)
    {
        Fence(generation);
        var participant = _participants.GetOrAdd(participantId, _share.Spec.MaxParticipants, out _);
        participant.Region = region ?? participant.Region;
    }

    /// <param name="participantId">The participant to remove; an unknown one is ignored.</param>
    /// <param name="generation">The generation that the caller knows, or null. An older one than the room's is rejected.</param>
    /// <param name="permanent">True to reject all later calls for the participant.</param>
    public void RemoveParticipant(string participantId, long? generation, bool permanent)
    {
        _share.CheckGeneration(generation);
        var participant = permanent ? _participants.Exclude(participantId) : _participants.Remove(participantId);
        Leave(participant, permanent ? "removed" : "closed");
    }

    /// <summary>What the answer to an offer for publishing depends on. Adds no participant.</summary>
    public PublishBasis DescribePublish(string participantId, SdpOffer request)
    {
        Fence(request.Generation);
        return _negotiation.DescribePublish(_share.Spec, participantId, request);
    }

    /// <summary>Applies the answer to an offer. Null when it is out of date.</summary>
    public SdpAnswer? Publish(string participantId, SdpOffer request, PreparedAnswer prepared)
    {
        Fence(request.Generation);
        return _negotiation.Publish(_share.Spec, participantId, request, prepared);
    }

    /// <summary>What a subscribe session depends on. Adds the participant if it is new.</summary>
    public SubscribeBasis DescribeSubscribe(string participantId, SubscribeRequest request)
    {
        Fence(request.Generation);
        return _negotiation.DescribeSubscribe(_share.Spec, participantId, request);
    }

    /// <summary>Opens a prepared session, or returns the offer of the one that is open. Null when what was prepared is out of date.</summary>
    public OfferDraft? Subscribe(string participantId, SubscribeRequest request, PreparedSubscription prepared)
    {
        Fence(request.Generation);
        return _negotiation.Subscribe(_share.Spec, participantId, request, prepared);
    }

    /// <summary>The offer that an answer is for.</summary>
    public OfferDraft DescribeOffer(string participantId, SubscribeAnswer answer) => _negotiation.DescribeOffer(participantId, answer);

    /// <summary>Applies a subscriber's answer. Null when it was read for another offer.</summary>
    public OfferDraft? Answer(string participantId, SubscribeAnswer answer, PreparedReading prepared) => _negotiation.Answer(participantId, answer, prepared);

    /// <summary>What the answer to an offer for playback depends on. Adds no participant.</summary>
    public PlayBasis DescribePlay(string participantId, PlayRequest request)
    {
        Fence(request.Generation);
        return new PlayBasis(Sessions, _share.Paths.AllowsTcp, _ssrcs, _negotiation.FindTracks(_share.Spec, participantId, request));
    }

    /// <summary>Applies the answer to an offer. Null when it is out of date.</summary>
    public SdpAnswer? Play(string participantId, PlayRequest request, PreparedPlay prepared)
    {
        Fence(request.Generation);
        return prepared.Basis.Ssrcs == _ssrcs ? _negotiation.Play(_share.Spec, participantId, prepared) : null;
    }

    public void EndSession(string sessionId)
    {
        if (_participants.All.Select(p => p.Sessions).FirstOrDefault(s => s.Find(sessionId) is not null) is not { } sessions)
        {
            return;
        }

        var session = sessions.Find(sessionId)!;
        foreach (var former in (session as PublishSession)?.Formers ?? [])
        {
            sessions.End(former); // otherwise it would go on, although the client ends its newest one
        }

        sessions.End(session);
        _offers.PublishChanges();
    }

    /// <summary>Gives a session the connection of its tunnel, which replaces an earlier one. Throws when the participant has no such session, the room admits no tunnels, or <paramref name="admit"/> throws.</summary>
    public void OpenTunnel(string participantId, string sessionId, StreamSocket socket, in TransportAddress connection, Action admit, Action onClosed)
    {
        if (_participants.Require(participantId).Sessions.Find(sessionId)?.Peer is not { Transport.IsTunnel: true } session)
        {
            throw ControlProblemException.UnknownSession(sessionId);
        }

        RoomNegotiation.CheckTunnel(_share.Paths, isTunnel: true);
        admit();
        Loop.Streams.OpenTunnel(socket, connection, session, onClosed);
    }

    /// <summary>Ends the sessions whose media uses a path that the room denies now. Their clients connect again.</summary>
    public void EndDeniedPaths() => _participants.ForEach(MonotonicClock.NowTicks, static (participant, now) => participant.Sessions.EndDenied(now));

    public void View(string participantId, ParticipantViews views)
    {
        var participant = _participants.Require(participantId);
        if (participant.TryView(views))
        {
            _slots.Queue(participant);
        }
    }

    /// <summary>Records which assignment of its slots a client has applied. Ignored for another session than the present one.</summary>
    public void ConfirmSlots(string participantId, SlotsConfirmation confirmation) => _slots.Confirm(_participants.Require(participantId), confirmation);

    public void Mute(string participantId, MuteState muted)
    {
        _participants.Require(participantId).Tracks.Mute(muted);
        Loop.Rest.OnActivity(MonotonicClock.NowTicks);
    }

    /// <summary>Opens a link to the room of the meeting on another media node. One with the same ID ends first.</summary>
    /// <param name="id">The link.</param>
    /// <param name="node">This media node as <c>namespace/name</c>, the origin of what the room announces.</param>
    /// <param name="peerName">The media node of the other end as <c>namespace/name</c>.</param>
    /// <param name="options">The other end, the tags and the secrets.</param>
    public LinkSession OpenLink(string id, string node, string peerName, LinkSessionOptions options)
    {
        _origin.Node = node;
        LinkSession? session = null;
        _links.Add(id, owner => session = Loop.OpenLink(options, owner), LinkEnd.OfNode(peerName));
        return session!;
    }

    /// <summary>Opens or changes a link as the operator wants it.</summary>
    public (LinkReport Report, bool Created) PutLink(string id, LinkSpec spec)
    {
        Fence(spec.Generation);
        return _operatedLinks.Put(id, spec);
    }

    /// <summary>Removes a link that the operator has ended. An unknown one is ignored.</summary>
    public void DeleteLink(string id, long generation)
    {
        Fence(generation);
        _operatedLinks.Remove(id);
    }

    /// <summary>Removes a link. The tracks that it carried go on with another carrier, or end. An unknown one is ignored.</summary>
    public void RemoveLink(string id) => _links.Remove(id);

    /// <summary>Links the hub in steps with a part, which gets all tracks. Called on the loop of the hub, before <see cref="LinkToHub"/> on that of the part.</summary>
    public IEnumerable<object?> LinkToPart(int part, LoopLink link) => OpenLoopLink(link, LinkEnd.OfPart(part), LinkEnd.NameOf(part), onEnded: null);

    /// <summary>Removes the link of the hub with a part. An unknown one is ignored.</summary>
    public void UnlinkPart(int part) => _links.Remove(LinkEnd.NameOf(part));

    /// <summary>Links this part in steps with the hub. After the last one it knows the tracks that the hub has sent. Without the link, the part fails.</summary>
    public IEnumerable<object?> LinkToHub(LoopLink link) => OpenLoopLink(link, LinkEnd.OfHub(_part), LinkEnd.Hub, () =>
    {
        if (!IsClosed && !_share.IsClosed)
        {
            Fail(new InvalidOperationException("The link to the hub of the room has ended."));
        }
    }).Concat(link.CatchUp());

    /// <summary>Handles what linked parts had made visible at the first step.</summary>
    public IEnumerable<object?> CatchUp() => _links.CatchUp();

    /// <inheritdoc cref="RoomLinks.Flush"/>
    public IEnumerable<object?> FlushLinks() => _links.Flush();

    /// <summary>
    /// Closes this part, which then rejects everything, and begins to end its sessions (<see cref="Ended"/>). With the hub, the room ends: all other parts, and the event streams. The participants
    /// of another part are reported as having left, unless the room ends.
    /// </summary>
    public void Close(string reason)
    {
        if (IsClosed)
        {
            return;
        }

        IsClosed = true;
        Loop.Ticked -= OnTick;
        IReadOnlyList<NodeRoom> others = [];
        if (IsHub)
        {
            others = _share.Close();
        }
        else
        {
            _share.Close(this, _traffic.PacketsIn - _traffic.CrossedIn, _traffic.PacketsOut - _traffic.CrossedOut);
        }

        _slots.Clear();
        _links.Clear(ByeReason.RoomEnded);
        Ended = new RoomEnd(_share, this, Fail).Start(_participants.TakeAll(), others, reason);
    }

    /// <summary>Ends the room, or this part of it, with the reason <c>error</c> after an unexpected error. The other rooms of the loop continue.</summary>
    public void Fail(Exception error)
    {
        Loop.Failures.Count(FailureScope.Room, error);
        HasFailed = true;
        Close("error");
        _onClosed(this);
    }

    /// <summary>The first events of a new reader about the participants of this part: the current offer of each subscriber, the layers of each simulcast track, the paused tracks, and the lines that are known.</summary>
    public IReadOnlyList<QueuedEvent> CurrentState()
    {
        var state = new List<QueuedEvent>();
        _offers.AddCurrent(state);
        _layers.AddCurrent(state);
        _participants.ForEach(state, static (participant, state) =>
        {
            if (participant.Sessions.CurrentPausedTracks() is { } paused)
            {
                state.Add(paused);
            }
        });
        _lineReports.AddCurrent(state);
        return state;
    }

    /// <summary>The last ones of the first events, of the hub: unreachable participants if the room has had links, then <c>ready</c>.</summary>
    public IReadOnlyList<QueuedEvent> LastOfState()
    {
        QueuedEvent ready = new RoomEvent { Type = RoomEventTypes.Ready };
        return _unreachable is null ? [ready] : [Unreachable(), ready]; // directly before ready, as earlier versions of signaling require
    }

    /// <summary>
    /// Makes a report in steps, one for each participant. Those who leave before their step and those who join after the first one are not in it. There is no report when the
    /// room closes meanwhile.
    /// </summary>
    public IEnumerable<RoomReport?> Report(bool withParticipants)
    {
        var census = new RoomCensus(MonotonicClock.NowTicks, withParticipants);
        foreach (var _ in _participants.InSteps((Room: this, Census: census), static (participant, report) => report.Room.Count(participant, report.Census)))
        {
            yield return null;
        }

        if (IsClosed)
        {
            yield break;
        }

        _tracks.ForEachRelayed((Room: this, Census: census), static (track, report) => report.Room.Count(track, report.Census));
        var (packetsIn, packetsOut) = IsHub ? _share.ClosedPackets : default;
        var report = new RoomReport
        {
            Room = Id,
            Generation = Generation,
            Port = Port,
            Participants = census.Participants,
            E2ee = _share.Spec.E2ee,
            Connectivity = _share.Spec.Connectivity,
            UpTracks = census.UpTracks,
            DownTracks = census.DownTracks,
            Connected = census.Connected,
            Silent = census.Silent,
            Regions = census.Regions,
            PacketsIn = packetsIn + _traffic.PacketsIn - _traffic.CrossedIn,
            PacketsOut = packetsOut + _traffic.PacketsOut - _traffic.CrossedOut,
            Parts = [new RoomPartReport { Port = Loop.Port, Participants = census.Participants, PacketsIn = _traffic.PacketsIn, PacketsOut = _traffic.PacketsOut }],
            Links = _operatedLinks.Report(),
        };
        _lastReport = report;
        yield return census.Reports is { } participants ? report with { ParticipantList = participants } : report;
    }

    /// <summary>The last report with those who are here now, for the time in which the loop does not respond. What their sessions are is not known. Safe for concurrent use.</summary>
    public RoomReport LastKnown(bool withParticipants)
    {
        var participants = _share.ListOn(this);
        var last = _lastReport ?? new RoomReport { Room = Id };
        return last with
        {
            Generation = Generation,
            Port = Port,
            Participants = participants.Count,
            Parts = [(last.Parts.Count > 0 ? last.Parts[0] : new RoomPartReport()) with { Port = Loop.Port, Participants = participants.Count }],
            ParticipantList = withParticipants ? [.. participants.Select(id => new ParticipantReport { Participant = id })] : null,
        };
    }

    private void Count(PublishedTrack track, RoomCensus census) => Loop.ForwardedPackets += _traffic.Add(census.NowTicks, track);

    private void Count(NodeParticipant participant, RoomCensus census)
    {
        Loop.ForwardedPackets += _traffic.Add(census.NowTicks, participant.PublishedTracks);
        census.Add(participant);
    }

    private IEnumerable<object?> OpenLoopLink(LoopLink link, LinkEnd end, string id, Action? onEnded)
    {
        var added = _links.Begin(id, link.Open, end, onEnded);
        link.Begin(MonotonicClock.NowTicks);
        foreach (var step in _links.AnnounceAll(id, added))
        {
            yield return step;
        }

        link.Flush(); // the other end begins next, and must find all of it
    }

    /// <summary>
    /// Ends the sessions of a participant after an unexpected error in the work for it; the others continue. A participant without sessions is removed, because nothing else
    /// would end the error. Signaling adds it again. Until it is removed, other work for it can fail too; that is the same failure.
    /// </summary>
    private void Fail(NodeParticipant participant, Exception error)
    {
        if (participant.Sessions.All.Count > 0)
        {
            participant.Sessions.FailAll(error);
        }
        else if (!participant.IsFailed)
        {
            participant.IsFailed = true;
            Loop.Failures.Count(FailureScope.Participant, error);
            Loop.Defer(() => Leave(_participants.Remove(participant.Id), "error"));
        }
    }

    /// <summary>Ends what carries a track after an error: its link, or the sessions of its participant.</summary>
    private void Fail(PublishedTrack track, Exception error)
    {
        if (track.Announced is { } announced)
        {
            announced.Link.Fail(error);
        }
        else
        {
            Fail(_participants.Require(track.Track.ParticipantId), error);
        }
    }

    private void Leave(NodeParticipant? participant, string reason)
    {
        if (participant is null)
        {
            return;
        }

        participant.Sessions.EndAll();
        _tracks.Leave(participant.Id);
        Events.Publish(new RoomEvent { Type = RoomEventTypes.ParticipantLeft, ParticipantId = participant.Id, Reason = reason });
        _offers.PublishChanges();
    }

    private NodeParticipant CreateParticipant(string id, TrackLimit newTracks)
    {
        var sessions = new ParticipantSessions(id, Loop, Sessions, Events, _offers.PublishChanges, _connections);
        return new NodeParticipant(_tracks.Join(id), _check?.OfConnection(newTracks) ?? new ParticipantLimits(newTracks), sessions, Sessions, _share.Paths, _ssrcs, _longKeyFrames);
    }

    private void MeasureLines(LineChanges lines) =>
        _participants.ForEachSubscriber(lines, static (participant, session, lines) => lines.Add(participant.Id, session, session.Subscriber.LineShareBitsPerSecond));

    private RoomEvent Unreachable() => new() { Type = RoomEventTypes.Unreachable, Participants = _unreachable };

    private void PublishUnreachable()
    {
        string[] unreachable = IsHub ? [.. _links.FindUnreachable(_share.Has).Where(id => !_participants.Has(id))] : [];
        if (IsHub && !IsClosed && !(_unreachable is not null && unreachable.SequenceEqual(_unreachable)))
        {
            _unreachable = unreachable;
            Events.Publish(Unreachable());
        }
    }

    private void OnTrackAdded(PublishedTrack track)
    {
        if (_unreachable is { Count: > 0 })
        {
            PublishUnreachable(); // somebody who has lost the other node publishes here now
        }

        _slots.Add(track);
        _offers.PublishChanges();
        if (!track.IsRelayed)
        {
            PublishTrack(RoomEventTypes.TrackAdded, track);
        }
    }

    private void OnTrackRemoved(PublishedTrack track)
    {
        _slots.Remove(track);
        Loop.ForwardedPackets += track.Traffic.TakeForwarded(track.Track);
        if (track.IsRelayed)
        {
            _offers.PublishChanges();
        }
        else
        {
            PublishTrack(RoomEventTypes.TrackRemoved, track);
        }
    }

    /// <summary>Signaling knows the tracks that participants publish on this node.</summary>
    private void OnCarrierChanged(PublishedTrack track, bool wasRelayed)
    {
        if (track.IsRelayed != wasRelayed)
        {
            PublishTrack(track.IsRelayed ? RoomEventTypes.TrackRemoved : RoomEventTypes.TrackAdded, track);
        }
    }

    private void PublishTrack(string type, PublishedTrack track) =>
        Events.Publish(new RoomEvent { Type = type, ParticipantId = track.Track.ParticipantId, Kind = track.Kind, Source = track.Source });

    private void OnTick(long nowTicks)
    {
        try
        {
            RunTimers(nowTicks);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void RunTimers(long nowTicks)
    {
        _participants.HandleTimeout(nowTicks)?.ForEach(id => Leave(_participants.Remove(id), "timeout"));
        _layers.PublishChanges();
        var isSpeakerDue = _speakers.TryUpdate(nowTicks, _tracks, out var speaker, out var level);
        _slots.HandleTimeout(nowTicks, _speakers.Heard);
        _lines.HandleTimeout(nowTicks, _participants);
        _lineReports.HandleTimeout(nowTicks);
        if (isSpeakerDue)
        {
            _participants.ForEachSubscriber(speaker, static (_, session, speaker) => session.SetSpeaker(speaker));
            if (IsHub)
            {
                Events.Publish(new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = speaker, Level = level }); // all parts agree on it
            }
        }

        if (!IsHub)
        {
            CloseIfEmpty(nowTicks);
        }
    }

    /// <summary>Closes a part where nobody has been for a time.</summary>
    private void CloseIfEmpty(long nowTicks)
    {
        _emptySinceTicks = ParticipantCount > 0 ? null : _emptySinceTicks ?? nowTicks;
        if (nowTicks - _emptySinceTicks > _share.EmptyTime.Ticks && _share.TryRetire(this, nowTicks))
        {
            Close("empty");
            _onClosed(this);
        }
    }
}
