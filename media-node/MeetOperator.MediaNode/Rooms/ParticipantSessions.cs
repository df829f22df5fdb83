using MeetOperator.MediaNode.Failures;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Transport;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>The sessions of one participant: ends them, and publishes their states. Used only on the loop's thread.</summary>
/// <param name="participantId">The participant.</param>
/// <param name="loop">The loop of the room.</param>
/// <param name="factory">Closes peers.</param>
/// <param name="events">The events of the room.</param>
/// <param name="onEnded">Called after a session has ended by itself.</param>
/// <param name="connections">Counts the sessions of the room.</param>
internal sealed class ParticipantSessions(string participantId, MediaLoop loop, SessionFactory factory, RoomEventHub events, Action onEnded, RoomConnections connections) : ISessionObserver
{
    /// <summary>Sessions that have been connected.</summary>
    private readonly HashSet<IRoomSession> _connected = [];

    public List<IRoomSession> All { get; } = [];

    public bool HasConnectedTransport => All.Exists(static s => s.Peer.IsReady);

    /// <summary>Whether a peer is connected and none of the connected ones has sent a datagram recently.</summary>
    public bool IsSilent(long nowTicks) => HasConnectedTransport && All.TrueForAll(s => !s.Peer.IsReady || s.Peer.IsSilent(nowTicks));

    /// <summary>The newest session of a kind, or null. An older one may still carry media until the newest one does.</summary>
    public T? Find<T>()
        where T : class, IRoomSession
    {
        for (var i = All.Count - 1; i >= 0; i--)
        {
            if (All[i] is T found)
            {
                return found;
            }
        }

        return null;
    }

    public IRoomSession? Find(string sessionId) => All.Find(s => s.Peer.Id == sessionId);

    public void OnStateChanged(IRoomSession session, PeerTransportState state)
    {
        switch (state)
        {
            case PeerTransportState.Connecting:
                PublishState(session, "connecting");
                break;
            case PeerTransportState.Connected:
                CountConnected(session);
                PublishState(session, "connected");
                break;
            case PeerTransportState.Disconnected or PeerTransportState.Failed:
                EndLater(session, "failed");
                break;
            case PeerTransportState.Closed:
                EndLater(session, "closed");
                break;
        }
    }

    public void OnPausedChanged(SubscribeSession session)
    {
        if (ReferenceEquals(session, Find<SubscribeSession>()))
        {
            events.Publish(PausedTracks(session));
        }
    }

    /// <summary>The event with the tracks that are paused for lack of bandwidth; null when there are none.</summary>
    public RoomEvent? CurrentPausedTracks() => Find<SubscribeSession>() is { PausedSources.Count: > 0 } session ? PausedTracks(session) : null;

    public void OnReplaced(IRoomSession session) => EndLater(session, "closed", "replaced");

    /// <summary>Ends one session after an unexpected error. The rest of the room continues.</summary>
    public void OnFailure(IRoomSession session)
    {
        if (All.Contains(session))
        {
            End(session, "failed", "error");
            onEnded();
        }
    }

    /// <summary>Ends all sessions after an unexpected error, when the current call stack has unwound.</summary>
    public void FailAll(Exception error) => All.ForEach(session => session.Peer.Fail(error));

    /// <summary>Ends one session. An unexpected error while its tracks or its transport close is counted, and the session is gone all the same.</summary>
    public void End(IRoomSession session, string state = "closed", string? reason = null)
    {
        try
        {
            try
            {
                if (All.Remove(session))
                {
                    CountEnd(session, state);
                    session.Close();
                }
            }
            finally
            {
                factory.Close(session.Peer);
            }
        }
        catch (Exception e)
        {
            loop.Failures.Count(FailureScope.Session, e);
        }

        PublishState(session, state, reason);
    }

    public void EndAll()
    {
        foreach (var session in All.ToArray())
        {
            End(session);
        }
    }

    /// <summary>Ends a session after the current call stack has unwound, because the transport raises its events from within its own methods.</summary>
    public void EndLater(IRoomSession session, string state, string? reason = null) => loop.Defer(() =>
    {
        try
        {
            if (All.Contains(session))
            {
                End(session, state, reason);
                onEnded();
            }
        }
        finally
        {
            loop.RemoveSession(session.Peer);
        }
    });

    /// <summary>Ends the sessions whose time is over.</summary>
    public void EndTimedOut(long nowTicks)
    {
        foreach (var session in All)
        {
            if (session.HasTimedOut(nowTicks))
            {
                EndLater(session, session.IsReplaced ? "closed" : "failed", session.IsReplaced ? "replaced" : "timeout");
            }
        }
    }

    /// <summary>Ends the sessions whose media uses a path that they may no longer use.</summary>
    public void EndDenied(long nowTicks)
    {
        foreach (var session in All)
        {
            if (session.Peer.DropDeniedPaths(nowTicks))
            {
                EndLater(session, "failed", "path-denied");
            }
        }
    }

    private void CountConnected(IRoomSession session)
    {
        if (_connected.Add(session))
        {
            connections.RecordConnected();
        }
    }

    private void CountEnd(IRoomSession session, string state)
    {
        if (!_connected.Remove(session) && state == "failed")
        {
            connections.RecordFailed();
        }
    }

    private RoomEvent PausedTracks(SubscribeSession session) => new()
    {
        Type = RoomEventTypes.Paused,
        ParticipantId = participantId,
        Tracks = [.. session.PausedSources.Select(t => new TrackDescription { ParticipantId = t.ParticipantId, Kind = "video", Source = TrackSources.Name(t.Source) })],
    };

    public void PublishState(IRoomSession session, string state, string? reason = null) => events.Publish(new RoomEvent
    {
        Type = RoomEventTypes.SessionState,
        ParticipantId = participantId,
        SessionId = session.Peer.Id,
        Kind = session.Kind,
        State = state,
        Reason = reason,
    });
}
