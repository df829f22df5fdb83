using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Limits;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Time;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>The participants of a room, or of one of its parts, and the limits of those that have left. Used only on the loop's thread.</summary>
/// <param name="share">Who is on the other parts of the room.</param>
/// <param name="part">The part of these participants.</param>
/// <param name="timeout">Time after which a participant is due for removal when it has no connected transport and signaling has not refreshed it.</param>
/// <param name="create">Creates a participant with its ID and its limit on new tracks.</param>
/// <param name="onFailure">Called after an unexpected error in work for one participant.</param>
internal sealed class RoomParticipants(RoomShare share, NodeRoom part, TimeSpan timeout, Func<string, TrackLimit, NodeParticipant> create, Action<NodeParticipant, Exception> onFailure)
{
    /// <summary>The shortest timeout of a session is two seconds.</summary>
    private const long IntervalTicks = 500 * TimeSpan.TicksPerMillisecond;

    private readonly Dictionary<string, NodeParticipant> _participants = new(StringComparer.Ordinal);

    /// <summary>Track limits of participants that have left, kept until they are replenished.</summary>
    private readonly Dictionary<string, TrackLimit> _formerTrackLimits = new(StringComparer.Ordinal);
    private long _nextTicks;

    public int Count => _participants.Count;

    public Dictionary<string, NodeParticipant>.ValueCollection All => _participants.Values;

    /// <summary>Runs <paramref name="work"/> for each participant. After an error it continues with the next one, so that the error ends nothing of others.</summary>
    public void ForEach<T>(T argument, Action<NodeParticipant, T> work)
    {
        foreach (var participant in All)
        {
            Run(participant, argument, work);
        }
    }

    /// <summary>
    /// Does the same in steps, one for each participant. Between them, participants may leave and join: those who have left before their step and those who have joined since the
    /// first one are left out.
    /// </summary>
    public IEnumerable<NodeParticipant> InSteps<T>(T argument, Action<NodeParticipant, T> work)
    {
        foreach (var participant in All.ToArray())
        {
            if (_participants.GetValueOrDefault(participant.Id) == participant)
            {
                Run(participant, argument, work);
                yield return participant;
            }
        }
    }

    /// <summary>Runs <paramref name="work"/> for the newest subscribe session of each participant. An error ends only that session.</summary>
    public void ForEachSubscriber<T>(T argument, Action<NodeParticipant, SubscribeSession, T> work)
    {
        foreach (var participant in All)
        {
            if (participant.Sessions.Find<SubscribeSession>() is { } session)
            {
                try
                {
                    work(participant, session, argument);
                }
                catch (Exception e)
                {
                    session.Peer.Fail(e);
                }
            }
        }
    }

    public bool Has(string id) => _participants.ContainsKey(id);

    public NodeParticipant Require(string id) => _participants.GetValueOrDefault(id) ?? throw ControlProblemException.UnknownParticipant(id);

    /// <summary>
    /// Returns the participant, or null when it can be added: the room has fewer than <paramref name="limit"/> participants on all parts, the media node has a place, and it was not removed for
    /// good. Otherwise throws.
    /// </summary>
    public NodeParticipant? FindOrAdmit(string id, int limit)
    {
        if (_participants.TryGetValue(id, out var participant))
        {
            return participant;
        }

        share.CheckCanEnter(id, limit);
        return null;
    }

    /// <summary>Returns the participant, which counts as refreshed. Adds it if <see cref="FindOrAdmit"/> allows that.</summary>
    public NodeParticipant GetOrAdd(string id, int limit, out bool isNew)
    {
        var participant = FindOrAdmit(id, limit);
        isNew = participant is null;
        if (participant is null)
        {
            share.Enter(id, part, limit);
            participant = _participants[id] = create(id, _formerTrackLimits.Remove(id, out var former) ? former : new TrackLimit());
        }

        participant.LastTouchTicks = MonotonicClock.NowTicks;
        return participant;
    }

    /// <summary>Removes a participant and keeps its limit on new tracks, so that rejoining does not reset it. Returns null when there is none.</summary>
    public NodeParticipant? Remove(string id)
    {
        share.Leave(id, part);
        if (_participants.Remove(id, out var participant) && !participant.Limits.NewTracks.IsReplenished(MonotonicClock.NowTicks))
        {
            _formerTrackLimits[id] = participant.Limits.NewTracks;
        }

        return participant;
    }

    /// <summary>Removes a participant for good: it cannot be added to the room again. Returns null when it was not there.</summary>
    public NodeParticipant? Exclude(string id)
    {
        share.Exclude(id);
        return Remove(id);
    }

    /// <summary>Removes all participants, because the part closes, and returns them. They keep their places in the room until <see cref="RoomEnd"/> has ended their sessions.</summary>
    public IReadOnlyList<NodeParticipant> TakeAll()
    {
        var all = All.ToArray();
        _participants.Clear();
        return all;
    }

    /// <summary>
    /// Ends sessions that have timed out, and returns the participants that are due for removal; null when there are none, or when it was called less than half a second ago.
    /// </summary>
    public List<string>? HandleTimeout(long nowTicks)
    {
        if (nowTicks < _nextTicks)
        {
            return null;
        }

        _nextTicks = nowTicks + IntervalTicks;
        List<string>? timedOut = null;
        foreach (var participant in All)
        {
            try
            {
                participant.Sessions.EndTimedOut(nowTicks);
                if (participant.HasConnectedTransport)
                {
                    participant.LastTouchTicks = nowTicks;
                }
                else if (nowTicks - participant.LastTouchTicks > timeout.Ticks)
                {
                    (timedOut ??= []).Add(participant.Id);
                }
            }
            catch (Exception e)
            {
                onFailure(participant, e);
            }
        }

        foreach (var (id, limit) in _formerTrackLimits)
        {
            if (limit.IsReplenished(nowTicks))
            {
                _formerTrackLimits.Remove(id);
            }
        }

        return timedOut;
    }

    private void Run<T>(NodeParticipant participant, T argument, Action<NodeParticipant, T> work)
    {
        try
        {
            work(participant, argument);
        }
        catch (Exception e)
        {
            onFailure(participant, e);
        }
    }
}
