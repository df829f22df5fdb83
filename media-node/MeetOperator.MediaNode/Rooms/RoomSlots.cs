using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Slots;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// Moves the slots of the subscribers of a room when tracks, views or speakers change, and publishes what they carry. A change that concerns many subscribers is done
/// in pieces, between which the loop forwards media. Used only on the loop's thread.
/// </summary>
internal sealed class RoomSlots(RoomParticipants participants, RoomOffers offers, RoomEventHub events, MediaLoop loop)
{
    /// <summary>Interval at which subscribers are examined again that wait for a slot to rest.</summary>
    private const long RetryTicks = 50 * TimeSpan.TicksPerMillisecond;

    private readonly RoomStreams _streams = new();
    private readonly Queue<NodeParticipant> _queue = new();
    private HashSet<StreamKey> _changed = [];
    private HeardParticipants _heard = HeardParticipants.None;
    private long _nextRetryTicks;
    private bool _isWorking;

    public void Add(PublishedTrack track)
    {
        _streams.Add(track);
        QueueAffected(StreamKey.Of(track.Track));
    }

    public void Remove(PublishedTrack track)
    {
        _streams.Remove(track);
        QueueAffected(StreamKey.Of(track.Track));
    }

    /// <summary>Drops the queued work when the room ends.</summary>
    public void Clear()
    {
        _queue.Clear();
        _changed.Clear();
    }

    /// <summary>Returns the first offer of a new session, which the caller gets without an event.</summary>
    public OfferDraft Start(SubscribeSession session)
    {
        session.ReconcileSlots(MonotonicClock.NowTicks, _streams, _heard, out _);
        return session.Current;
    }

    /// <summary>Records which assignment a client has applied. Ignored for another session than the present one.</summary>
    public void Confirm(NodeParticipant participant, SlotsConfirmation confirmation)
    {
        if (participant.Sessions.Find<SubscribeSession>() is { Slots: { } slots } session && session.Peer.Id == confirmation.SessionId)
        {
            slots.Confirm(confirmation.Version);
            if (slots.IsWaiting)
            {
                Queue(participant);
            }
        }
    }

    /// <summary>Reconciles the slots of a participant in its turn. Does nothing if it has none.</summary>
    public void Queue(NodeParticipant participant)
    {
        if (participant.Sessions.Find<SubscribeSession>() is { } session)
        {
            Queue(participant, session);
        }
    }

    /// <summary>Applies who is heard now, and examines waiting subscribers again. Called about every 10 ms.</summary>
    public void HandleTimeout(long nowTicks, HeardParticipants heard)
    {
        var isRetryDue = nowTicks >= _nextRetryTicks;
        var before = _heard;
        _heard = heard;
        if (!isRetryDue && ReferenceEquals(heard, before))
        {
            return;
        }

        _nextRetryTicks = isRetryDue ? nowTicks + RetryTicks : _nextRetryTicks;
        if (_queue.Count + _changed.Count > 0)
        {
            WorkSoon(); // goes on also after an error
        }

        participants.ForEachSubscriber((Slots: this, Before: before), static (participant, session, room) =>
        {
            // The one after the last place matters only to those who have a place themselves.
            if (session.Slots is { IsWaiting: true } || !room.Slots._heard.IsSameFor(participant.Id, room.Before))
            {
                room.Slots.Queue(participant, session);
            }
        });
    }

    private void Queue(NodeParticipant participant, SubscribeSession session)
    {
        if (session is { Slots: not null, IsQueued: false })
        {
            session.IsQueued = true;
            _queue.Enqueue(participant);
            WorkSoon();
        }
    }

    private void QueueAffected(StreamKey stream)
    {
        _changed.Add(stream);
        WorkSoon();
    }

    private void QueueIfAffected(NodeParticipant participant, HashSet<StreamKey> changed)
    {
        if (participant.Sessions.Find<SubscribeSession>() is { Slots: { } slots } session
            && changed.Any(stream => stream.IsScreen || participant.Context.Views.MayShow(stream.ParticipantId)
                || participant.Context.Views.IsPinned(stream.ParticipantId) || slots.Carries(stream)))
        {
            Queue(participant, session);
        }
    }

    private void WorkSoon()
    {
        if (!_isWorking)
        {
            _isWorking = true;
            loop.StartLater(Work());
        }
    }

    /// <summary>Queues the subscribers that changes concern, and reconciles what is queued. One subscriber in each step.</summary>
    private IEnumerable<RoomSlots?> Work()
    {
        try
        {
            while (_changed.Count + _queue.Count > 0)
            {
                var changed = _changed;
                _changed = [];
                foreach (var _ in changed.Count == 0 ? [] : participants.InSteps(changed, QueueIfAffected))
                {
                    yield return null;
                }

                if (_queue.TryDequeue(out var participant))
                {
                    ReconcileNext(participant);
                    yield return null;
                }
            }
        }
        finally
        {
            _isWorking = false;
        }
    }

    private void ReconcileNext(NodeParticipant participant)
    {
        if (participant.Sessions.Find<SubscribeSession>() is { IsQueued: true } session)
        {
            session.IsQueued = false;
            try
            {
                Reconcile(MonotonicClock.NowTicks, participant, session);
            }
            catch (Exception e)
            {
                session.Peer.Fail(e);
            }
        }
    }

    private void Reconcile(long nowTicks, NodeParticipant participant, SubscribeSession session)
    {
        var hasChanged = session.ReconcileSlots(nowTicks, _streams, _heard, out var hasNewOffer);
        if (hasNewOffer)
        {
            offers.PublishOffer(participant, session);
        }
        else if (hasChanged)
        {
            events.Publish(new RoomEvent
            {
                Type = RoomEventTypes.Slots,
                ParticipantId = participant.Id,
                SessionId = session.Peer.Id,
                SlotsVersion = session.Slots!.Version,
                Tracks = session.Slots.Tracks,
            });
        }
    }
}
