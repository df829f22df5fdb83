using System.Net;
using System.Security.Cryptography;
using MeetOperator.MediaNode.Control;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.NodeControl;
using MeetOperator.Rtc;
using MeetOperator.Sdp;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>A meeting's media state. Everything happens on the thread of its loop.</summary>
internal sealed class NodeRoom
{
    /// <summary>Players of one participant at a time.</summary>
    private const int MaxPlays = 16;

    /// <summary>A player that is not connected by then will not be: its tracks are not kept for it.</summary>
    private const long PlayConnectTicks = 30 * TimeSpan.TicksPerSecond;
    private readonly MediaLoop _loop;
    private readonly long _participantTimeoutTicks;
    private readonly Dictionary<string, NodeParticipant> _participants = new(StringComparer.Ordinal);

    /// <summary>Track limits of participants who have left, until they are full again.</summary>
    private readonly Dictionary<string, TrackLimit> _limitsOfGone = new(StringComparer.Ordinal);
    private readonly uint _ssrcMask = (uint)RandomNumberGenerator.GetInt32(int.MaxValue);
    private readonly SpeakerDetector _speakers = new();
    private readonly RoomTraffic _traffic = new();
    private readonly Action<NodeRoom> _failed;
    private uint _ssrcCount;
    private RoomSpec _spec;

    /// <param name="id">The meeting's id.</param>
    /// <param name="spec">What the operator asked for.</param>
    /// <param name="loop">Where everything of it happens.</param>
    /// <param name="sessions">Makes its sessions on that loop.</param>
    /// <param name="participantTimeout">A participant without a connected transport and without a touch for so long is removed.</param>
    /// <param name="failed">Called once the room has ended itself because of an unexpected error.</param>
    public NodeRoom(string id, RoomSpec spec, MediaLoop loop, SessionFactory sessions, TimeSpan participantTimeout, Action<NodeRoom> failed)
    {
        _failed = failed;
        Id = id;
        _spec = spec;
        _loop = loop;
        Sessions = sessions;
        _participantTimeoutTicks = participantTimeout.Ticks;
        _loop.Ticked += OnTick;
    }

    public string Id { get; }

    public RoomEventHub Events { get; } = new();

    public SessionFactory Sessions { get; }

    public MediaLoop Loop => _loop;

    public int ParticipantCount => _participants.Count;

    public long Generation => _spec.Generation;

    public bool IsClosed { get; private set; }

    public IEnumerable<NodeParticipant> Participants => _participants.Values;

    /// <summary>Refuses what an older assignment of this meeting still wants, and follows a newer one.</summary>
    public void Fence(long generation)
    {
        if (generation < _spec.Generation)
        {
            throw Refusal.StaleGeneration(_spec.Generation, generation);
        }

        _spec = _spec with { Generation = generation };
    }

    public void Update(RoomSpec spec)
    {
        Fence(spec.Generation);
        _spec = spec;
    }

    public void Touch(string participantId, long generation)
    {
        Fence(generation);
        Participant(participantId);
    }

    public void RemoveParticipant(string participantId, string reason)
    {
        if (!_participants.Remove(participantId, out var participant))
        {
            return;
        }

        KeepLimit(participant);
        foreach (var peer in participant.Peers.ToArray())
        {
            End(participant, peer, "closed");
        }

        Events.Publish(new RoomEvent { Type = RoomEventTypes.ParticipantLeft, ParticipantId = participantId, Reason = reason });
        OfferChanges();
    }

    /// <param name="participantId">Who publishes.</param>
    /// <param name="request">What signaling asks for.</param>
    /// <param name="offer">Its SDP, parsed.</param>
    public SdpAnswer Publish(string participantId, SdpOffer request, SessionDescription offer)
    {
        Fence(request.Generation);
        var isNew = !_participants.ContainsKey(participantId);
        var participant = Participant(participantId);
        var session = participant.Publishing;
        if (!request.Restart && request.SessionId is { } named && named != session?.Peer.Id)
        {
            ForgetIf(isNew, participantId);
            throw Refusal.UnknownSession(named);
        }

        if (session is not null && !request.Restart)
        {
            var renegotiated = new SdpAnswer { SessionId = session.Peer.Id, Sdp = session.Answer(MonotonicClock.NowTicks, request, offer, _spec.Codecs), Tracks = participant.DescribeTracks() };
            OfferChanges();
            return renegotiated;
        }

        var fresh = new PublishSession(this, participant);
        PreparedAnswer prepared;
        try
        {
            prepared = fresh.Prepare(MonotonicClock.NowTicks, request, offer, _spec.Codecs);
            if (session is not null)
            {
                End(participant, session.Peer, "closed");
            }
        }
        catch
        {
            // What was published before goes on, unless it was the end of that which failed.
            Sessions.Close(fresh.Peer);
            ForgetIf(isNew, participantId);
            throw;
        }

        participant.Publishing = fresh;
        var answer = fresh.Accept(prepared);
        OfferChanges();
        return new SdpAnswer { SessionId = fresh.Peer.Id, Sdp = answer, Tracks = participant.DescribeTracks() };
    }

    public SubscribeOffer Subscribe(string participantId, SubscribeRequest request)
    {
        Fence(request.Generation);
        var participant = Participant(participantId);
        if (participant.Subscribing is { } open)
        {
            if (!request.Restart)
            {
                return open.Current;
            }

            End(participant, open.Peer, "closed");
        }

        var session = participant.Subscribing = new SubscribeSession(this, participant);
        session.TryOffer(TracksFor(participantId));
        TellLimits(participant, session);
        return session.Current;
    }

    public void Answer(string participantId, SubscribeAnswer answer, SessionDescription description)
    {
        var participant = Known(participantId);
        var session = participant.Subscribing
            ?? throw Refusal.UnknownSession(answer.SessionId ?? "subscribe");
        if (answer.SessionId is { } named && named != session.Peer.Id)
        {
            throw Refusal.UnknownSession(named);
        }

        session.Answer(answer, description);
        Offer(participant, session);
    }

    public SdpAnswer Play(string participantId, PlayRequest request, SessionDescription offer)
    {
        Fence(request.Generation);
        var isNew = !_participants.ContainsKey(participantId);
        var participant = Participant(participantId);
        if (participant.Plays.Count >= MaxPlays)
        {
            throw new Refusal(HttpStatusCode.Conflict, "full", $"Participant '{participantId}' has {MaxPlays} players already; end one.");
        }

        var tracks = request.Feeds.Count == 0
            ? TracksFor(participantId)
            : [.. request.Feeds.SelectMany(feed => _participants.TryGetValue(feed, out var p) ? p.PublishedTracks : [])];
        var session = new PlaySession(this, participant);
        try
        {
            var (answer, played) = session.Answer(request, offer, tracks);
            participant.Plays.Add(session);
            return new SdpAnswer { SessionId = session.Peer.Id, Sdp = answer, Tracks = played };
        }
        catch
        {
            Sessions.Close(session.Peer);
            ForgetIf(isNew, participantId);
            throw;
        }
    }

    public void EndSession(string sessionId)
    {
        foreach (var participant in _participants.Values)
        {
            foreach (var peer in participant.Peers)
            {
                if (peer.Id == sessionId)
                {
                    End(participant, peer, "closed");
                    OfferChanges();
                    return;
                }
            }
        }
    }

    public void Mute(string participantId, MuteState muted) => Known(participantId).Mute(muted);

    /// <summary>Ends every session and the event streams.</summary>
    public void Close(string reason)
    {
        if (IsClosed)
        {
            return;
        }

        IsClosed = true;
        _loop.Ticked -= OnTick;
        foreach (var participant in _participants.Values)
        {
            try
            {
                foreach (var peer in participant.Peers.ToArray())
                {
                    End(participant, peer, "closed");
                }
            }
            catch (Exception e)
            {
                _loop.Faults.Count(FaultScope.Session, e);
            }
        }

        _participants.Clear();
        try
        {
            Events.Publish(new RoomEvent { Type = RoomEventTypes.RoomEnded, Reason = reason });
        }
        finally
        {
            Events.Complete();
        }
    }

    /// <summary>An unexpected error in the room's own work: it ends with the reason <c>error</c>, and the other rooms of the loop go on.</summary>
    public void Fail(Exception error)
    {
        _loop.Faults.Count(FaultScope.Room, error);
        try
        {
            Close("error");
        }
        finally
        {
            _failed(this);
        }
    }

    /// <summary>What a new reader of the event stream gets first.</summary>
    public IReadOnlyList<RoomEvent> CurrentState()
    {
        var events = new List<RoomEvent>();
        foreach (var participant in _participants.Values)
        {
            if (participant.Subscribing is { } session)
            {
                events.Add(OfferEvent(participant, session));
            }
        }

        events.Add(new RoomEvent { Type = RoomEventTypes.Ready });
        return events;
    }

    public RoomReport Report(bool withParticipants)
    {
        var now = MonotonicClock.NowTicks;
        _traffic.Update(now, _participants.Values);
        return new RoomReport
        {
            Room = Id,
            Generation = Generation,
            Participants = _participants.Count,
            UpTracks = _participants.Values.Sum(p => p.Publishing?.Tracks.Count ?? 0),
            DownTracks = _participants.Values.Sum(p => (p.Subscribing?.Subscriber.StartedTracks ?? 0) + p.Plays.Sum(s => s.Subscriber.StartedTracks)),
            Connected = _participants.Values.Count(p => p.HasConnectedTransport),
            Silent = _participants.Values.Count(p => p.IsSilent(now)),
            PacketsIn = _traffic.PacketsIn,
            PacketsOut = _traffic.PacketsOut,
            ParticipantList = withParticipants ? [.. _participants.Values.Select(p => p.Report())] : null,
        };
    }

    public void OnSessionState(NodeParticipant participant, PeerSession session, PeerTransportState state)
    {
        switch (state)
        {
            case PeerTransportState.Connecting:
                PublishState(participant, session, "connecting");
                break;
            case PeerTransportState.Connected:
                PublishState(participant, session, "connected");
                break;
            case PeerTransportState.Disconnected or PeerTransportState.Failed:
                EndLater(participant, session, "failed");
                break;
            case PeerTransportState.Closed:
                EndLater(participant, session, "closed");
                break;
        }
    }

    /// <summary>An unexpected error in one session's work, which ends it alone.</summary>
    public void OnSessionFault(NodeParticipant participant, PeerSession session)
    {
        if (participant.Peers.Contains(session))
        {
            End(participant, session, "failed", "error");
            OfferChanges();
        }
    }

    public void OnTrackAdded(NodeParticipant participant, PublishedTrack track) =>
        Events.Publish(new RoomEvent { Type = RoomEventTypes.TrackAdded, ParticipantId = participant.Id, Kind = track.Kind, Source = track.Source });

    public void OnTrackRemoved(NodeParticipant participant, PublishedTrack track) =>
        Events.Publish(new RoomEvent { Type = RoomEventTypes.TrackRemoved, ParticipantId = participant.Id, Kind = track.Kind, Source = track.Source });

    public long NextSessionNumber() => RandomNumberGenerator.GetInt32(1, int.MaxValue);

    /// <summary>An SSRC that nobody in this room has or had: a multiplication by an odd number goes round all 2^32 before one comes again.</summary>
    public uint NextSsrc()
    {
        var ssrc = (++_ssrcCount * 0x9E37_79B1) ^ _ssrcMask;
        return ssrc == 0 ? NextSsrc() : ssrc;
    }

    private void OnTick(long nowTicks)
    {
        try
        {
            LookAfter(nowTicks);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void LookAfter(long nowTicks)
    {
        List<string>? gone = null;
        foreach (var participant in _participants.Values)
        {
            foreach (var play in participant.Plays)
            {
                if (!play.Peer.IsReady && nowTicks - play.OpenedTicks > PlayConnectTicks)
                {
                    EndLater(participant, play.Peer, "failed", "timeout");
                }
            }

            if (participant.HasConnectedTransport)
            {
                participant.LastTouchTicks = nowTicks;
            }
            else if (nowTicks - participant.LastTouchTicks > _participantTimeoutTicks)
            {
                (gone ??= []).Add(participant.Id);
            }
        }

        gone?.ForEach(id => RemoveParticipant(id, "timeout"));
        foreach (var (id, limit) in _limitsOfGone)
        {
            if (limit.IsWhole(nowTicks))
            {
                _limitsOfGone.Remove(id);
            }
        }

        if (_speakers.TryUpdate(nowTicks, _participants, out var speaker, out var level))
        {
            Events.Publish(new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = speaker, Level = level });
        }
    }

    /// <summary>A refused offer counts nobody who was not there before.</summary>
    private void ForgetIf(bool isNew, string participantId)
    {
        if (isNew && _participants.Remove(participantId, out var participant))
        {
            KeepLimit(participant);
        }
    }

    /// <summary>Leaving and coming back does not reset the limit.</summary>
    private void KeepLimit(NodeParticipant participant)
    {
        if (!participant.NewTracks.IsWhole(MonotonicClock.NowTicks))
        {
            _limitsOfGone[participant.Id] = participant.NewTracks;
        }
    }

    private NodeParticipant Participant(string id)
    {
        if (!_participants.TryGetValue(id, out var participant))
        {
            if (_participants.Count >= _spec.MaxParticipants)
            {
                throw new Refusal(HttpStatusCode.Conflict, "room-full", $"The room has its {_spec.MaxParticipants} participants.");
            }

            participant = _participants[id] = new NodeParticipant(id, _limitsOfGone.Remove(id, out var limit) ? limit : new TrackLimit());
        }

        participant.LastTouchTicks = MonotonicClock.NowTicks;
        return participant;
    }

    private NodeParticipant Known(string id) => _participants.GetValueOrDefault(id) ?? throw Refusal.UnknownParticipant(id);

    private List<PublishedTrack> TracksFor(string subscriberId) =>
        [.. _participants.Values.Where(p => p.Id != subscriberId).SelectMany(p => p.PublishedTracks)];

    /// <summary>Sends new offers to whoever's tracks changed.</summary>
    private void OfferChanges()
    {
        foreach (var participant in _participants.Values)
        {
            if (participant.Subscribing is { } session)
            {
                try
                {
                    Offer(participant, session);
                }
                catch (Exception e)
                {
                    session.Peer.Fail(e);
                }
            }
        }
    }

    private void Offer(NodeParticipant participant, SubscribeSession session)
    {
        if (session.TryOffer(TracksFor(participant.Id)))
        {
            Events.Publish(OfferEvent(participant, session));
        }

        TellLimits(participant, session);
    }

    /// <summary>What a session cannot carry is said once, instead of being offered again and again.</summary>
    private void TellLimits(NodeParticipant participant, SubscribeSession session)
    {
        if (session.IsUsedUp)
        {
            EndLater(participant, session.Peer, "closed", "renegotiation-limit");
        }
        else if (session.BecameFull())
        {
            PublishState(participant, session.Peer, "full", $"{SdpLimits.MaxSections} sections: {session.LeftOut} tracks are not offered");
        }
    }

    private static RoomEvent OfferEvent(NodeParticipant participant, SubscribeSession session) => new()
    {
        Type = RoomEventTypes.Offer,
        ParticipantId = participant.Id,
        SessionId = session.Peer.Id,
        Revision = session.Current.Revision,
        Sdp = session.Current.Sdp,
        Tracks = session.Current.Tracks,
    };

    /// <summary>The transport speaks from the middle of its own work: it is ended after that.</summary>
    private void EndLater(NodeParticipant participant, PeerSession peer, string state, string? reason = null) => _loop.Defer(() =>
    {
        try
        {
            if (participant.Peers.Contains(peer))
            {
                End(participant, peer, state, reason);
                OfferChanges();
            }
        }
        finally
        {
            _loop.Forget(peer);
        }
    });

    private void End(NodeParticipant participant, PeerSession peer, string state, string? reason = null)
    {
        try
        {
            Detach(participant, peer);
        }
        finally
        {
            Sessions.Close(peer);
            PublishState(participant, peer, state, reason);
        }
    }

    private static void Detach(NodeParticipant participant, PeerSession peer)
    {
        if (participant.Publishing is { } publishing && publishing.Peer == peer)
        {
            participant.Publishing = null;
            publishing.CloseTracks();
        }
        else if (participant.Subscribing is { } subscribing && subscribing.Peer == peer)
        {
            participant.Subscribing = null;
            subscribing.Subscriber.Close();
        }
        else if (participant.Plays.Find(p => p.Peer == peer) is { } play)
        {
            participant.Plays.Remove(play);
            play.Subscriber.Close();
        }
    }

    private void PublishState(NodeParticipant participant, PeerSession session, string state, string? reason = null) => Events.Publish(new RoomEvent
    {
        Type = RoomEventTypes.SessionState,
        ParticipantId = participant.Id,
        SessionId = session.Id,
        Kind = session.Kind switch
        {
            SessionKind.Publish => "publish",
            SessionKind.Subscribe => "subscribe",
            _ => "play",
        },
        State = state,
        Reason = reason,
    });
}
