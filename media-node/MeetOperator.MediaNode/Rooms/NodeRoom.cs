using System.Net;
using System.Security.Cryptography;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Faults;
using MeetOperator.MediaNode.Limits;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Time;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sdp;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>The media state of one meeting. Used only on the thread of its loop.</summary>
internal sealed class NodeRoom
{
    /// <summary>Maximum number of concurrent play sessions of one participant.</summary>
    private const int MaxPlays = 16;

    /// <summary>Time after which a play session that has not connected ends.</summary>
    private const long PlayConnectTicks = 30 * TimeSpan.TicksPerSecond;
    private readonly MediaLoop _loop;
    private readonly long _participantTimeoutTicks;
    private readonly Dictionary<string, NodeParticipant> _participants = new(StringComparer.Ordinal);

    /// <summary>Track limits of participants that have left, kept until they are replenished.</summary>
    private readonly Dictionary<string, TrackLimit> _formerTrackLimits = new(StringComparer.Ordinal);
    private readonly uint _ssrcMask = (uint)RandomNumberGenerator.GetInt32(int.MaxValue);
    private readonly SpeakerDetector _speakers = new();
    private readonly RoomTraffic _traffic = new();
    private readonly Action<NodeRoom> _onFailed;
    private uint _ssrcCount;
    private RoomSpec _spec;

    /// <param name="id">The meeting ID.</param>
    /// <param name="spec">The spec that the operator sent.</param>
    /// <param name="loop">The loop that the room runs on.</param>
    /// <param name="sessions">Creates sessions on that loop.</param>
    /// <param name="participantTimeout">Time after which a participant is removed when it has no connected transport and signaling has not refreshed it.</param>
    /// <param name="onFailed">Called after the room has closed because of an unexpected error.</param>
    public NodeRoom(string id, RoomSpec spec, MediaLoop loop, SessionFactory sessions, TimeSpan participantTimeout, Action<NodeRoom> onFailed)
    {
        _onFailed = onFailed;
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

    /// <summary>Rejects a request of an older assignment of this meeting, and adopts the generation of a newer one.</summary>
    public void Fence(long generation)
    {
        if (generation < _spec.Generation)
        {
            throw ControlProblemException.StaleGeneration(_spec.Generation, generation);
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
        GetOrAddParticipant(participantId);
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

    /// <param name="participantId">The publishing participant.</param>
    /// <param name="request">The request of signaling.</param>
    /// <param name="offer">The parsed SDP of <paramref name="request"/>.</param>
    public SdpAnswer Publish(string participantId, SdpOffer request, SessionDescription offer)
    {
        Fence(request.Generation);
        var isNew = !_participants.ContainsKey(participantId);
        var participant = GetOrAddParticipant(participantId);
        var session = participant.Publishing;
        if (!request.Restart && request.SessionId is { } named && named != session?.Peer.Id)
        {
            RemoveIfNew(isNew, participantId);
            throw ControlProblemException.UnknownSession(named);
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
            // The previous session continues, unless the error occurred while ending it.
            Sessions.Close(fresh.Peer);
            RemoveIfNew(isNew, participantId);
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
        var participant = GetOrAddParticipant(participantId);
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
        ReportLimits(participant, session);
        return session.Current;
    }

    public void Answer(string participantId, SubscribeAnswer answer, SessionDescription description)
    {
        var participant = RequireParticipant(participantId);
        var session = participant.Subscribing
            ?? throw ControlProblemException.UnknownSession(answer.SessionId ?? "subscribe");
        if (answer.SessionId is { } named && named != session.Peer.Id)
        {
            throw ControlProblemException.UnknownSession(named);
        }

        session.Answer(answer, description);
        Offer(participant, session);
    }

    public SdpAnswer Play(string participantId, PlayRequest request, SessionDescription offer)
    {
        Fence(request.Generation);
        var isNew = !_participants.ContainsKey(participantId);
        var participant = GetOrAddParticipant(participantId);
        if (participant.Plays.Count >= MaxPlays)
        {
            throw new ControlProblemException(HttpStatusCode.Conflict, "full", $"Participant '{participantId}' has reached the limit of {MaxPlays} play sessions. End one first.");
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
            RemoveIfNew(isNew, participantId);
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

    public void Mute(string participantId, MuteState muted) => RequireParticipant(participantId).Mute(muted);

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
                _loop.Failures.Count(FailureScope.Session, e);
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

    /// <summary>Ends the room with the reason <c>error</c> after an unexpected error. The other rooms of the loop continue.</summary>
    public void Fail(Exception error)
    {
        _loop.Failures.Count(FailureScope.Room, error);
        try
        {
            Close("error");
        }
        finally
        {
            _onFailed(this);
        }
    }

    /// <summary>The first events of a new reader: the current offer of each subscriber, then <c>ready</c>.</summary>
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

    /// <summary>Ends one session after an unexpected error. The rest of the room continues.</summary>
    public void OnSessionFailure(NodeParticipant participant, PeerSession session)
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

    /// <summary>Returns an SSRC that is new in this room. Multiplication by an odd number is a permutation of the 32-bit values, so none repeats early.</summary>
    public uint NextSsrc()
    {
        var ssrc = (++_ssrcCount * 0x9E37_79B1) ^ _ssrcMask;
        return ssrc == 0 ? NextSsrc() : ssrc;
    }

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
        List<string>? timedOut = null;
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
                (timedOut ??= []).Add(participant.Id);
            }
        }

        timedOut?.ForEach(id => RemoveParticipant(id, "timeout"));
        foreach (var (id, limit) in _formerTrackLimits)
        {
            if (limit.IsReplenished(nowTicks))
            {
                _formerTrackLimits.Remove(id);
            }
        }

        if (_speakers.TryUpdate(nowTicks, _participants, out var speaker, out var level))
        {
            Events.Publish(new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = speaker, Level = level });
        }
    }

    /// <summary>Removes a participant that a rejected request added.</summary>
    private void RemoveIfNew(bool isNew, string participantId)
    {
        if (isNew && _participants.Remove(participantId, out var participant))
        {
            KeepLimit(participant);
        }
    }

    /// <summary>Keeps the limit of a participant that leaves, so that rejoining does not reset it.</summary>
    private void KeepLimit(NodeParticipant participant)
    {
        if (!participant.NewTracks.IsReplenished(MonotonicClock.NowTicks))
        {
            _formerTrackLimits[participant.Id] = participant.NewTracks;
        }
    }

    private NodeParticipant GetOrAddParticipant(string id)
    {
        if (!_participants.TryGetValue(id, out var participant))
        {
            if (_participants.Count >= _spec.MaxParticipants)
            {
                throw new ControlProblemException(HttpStatusCode.Conflict, "room-full", $"The room has reached its limit of {_spec.MaxParticipants} participants.");
            }

            participant = _participants[id] = new NodeParticipant(id, _formerTrackLimits.Remove(id, out var limit) ? limit : new TrackLimit());
        }

        participant.LastTouchTicks = MonotonicClock.NowTicks;
        return participant;
    }

    private NodeParticipant RequireParticipant(string id) => _participants.GetValueOrDefault(id) ?? throw ControlProblemException.UnknownParticipant(id);

    private List<PublishedTrack> TracksFor(string subscriberId) =>
        [.. _participants.Values.Where(p => p.Id != subscriberId).SelectMany(p => p.PublishedTracks)];

    /// <summary>Publishes new offers for the subscribers whose tracks changed.</summary>
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

        ReportLimits(participant, session);
    }

    /// <summary>Ends a session that must be replaced, and reports once that a session has no free sections.</summary>
    private void ReportLimits(NodeParticipant participant, SubscribeSession session)
    {
        if (session.IsExhausted)
        {
            EndLater(participant, session.Peer, "closed", "renegotiation-limit");
        }
        else if (session.TryMarkFull())
        {
            PublishState(participant, session.Peer, "full", $"{SdpLimits.MaxSections} sections: {session.UnplacedTracks} tracks have no section");
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

    /// <summary>Ends a session after the current call stack has unwound, because the transport raises its events from within its own methods.</summary>
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
            _loop.RemoveSession(peer);
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
