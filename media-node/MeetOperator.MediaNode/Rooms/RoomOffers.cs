using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Sdp;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>The offers to the subscribers of a room. Used only on the loop's thread.</summary>
internal sealed class RoomOffers(RoomParticipants participants, RoomTracks tracks, RoomEventHub events, MediaLoop loop)
{
    private bool _hasChanges;
    private bool _isWorking;

    /// <summary>Publishes new offers soon for the subscribers whose tracks changed. One subscriber in each step.</summary>
    public void PublishChanges()
    {
        _hasChanges = true;
        if (!_isWorking)
        {
            _isWorking = true;
            loop.StartLater(Work());
        }
    }

    /// <summary>Publishes a new offer for one subscriber if its tracks changed.</summary>
    public void Publish(NodeParticipant participant, SubscribeSession session)
    {
        // Slots are reconciled by RoomSlots, and mostly without an offer.
        if (session.Slots is null && session.TryOffer(tracks.For(participant.Id)))
        {
            PublishOffer(participant, session);
        }

        ReportLimits(participant, session);
    }

    /// <summary>Publishes the newest offer of a subscriber.</summary>
    public void PublishOffer(NodeParticipant participant, SubscribeSession session) => events.Publish(OfferEvent(participant, session));

    /// <summary>Returns the offer for a new session, which the caller gets without an event.</summary>
    public OfferDraft Start(NodeParticipant participant, SubscribeSession session)
    {
        session.TryOffer(tracks.For(participant.Id));
        ReportLimits(participant, session);
        return session.Current;
    }

    /// <summary>Adds the current offer of each subscriber.</summary>
    public void AddCurrent(List<QueuedEvent> state) =>
        participants.ForEachSubscriber(state, static (participant, session, state) => state.Add(OfferEvent(participant, session)));

    private IEnumerable<RoomOffers?> Work()
    {
        try
        {
            while (_hasChanges)
            {
                _hasChanges = false;
                foreach (var _ in participants.InSteps(this, static (participant, offers) => offers.PublishWithoutSlots(participant)))
                {
                    yield return null;
                }
            }
        }
        finally
        {
            _isWorking = false;
        }
    }

    private void PublishWithoutSlots(NodeParticipant participant)
    {
        if (participant.Sessions.Find<SubscribeSession>() is { Slots: null } session)
        {
            Publish(participant, session);
        }
    }

    /// <summary>Ends a session that must be replaced, and reports once that a session has no free sections.</summary>
    private static void ReportLimits(NodeParticipant participant, SubscribeSession session)
    {
        if (session.IsExhausted)
        {
            participant.Sessions.EndLater(session, "closed", "renegotiation-limit");
        }
        else if (session.TryMarkFull())
        {
            participant.Sessions.PublishState(session, "full", $"{SdpLimits.MaxSections} sections: {session.UnplacedTracks} tracks have no section");
        }
    }

    private static QueuedEvent OfferEvent(NodeParticipant participant, SubscribeSession session)
    {
        var offer = session.Current;
        return new QueuedEvent(
            new RoomEvent
            {
                Type = RoomEventTypes.Offer,
                ParticipantId = participant.Id,
                SessionId = offer.SessionId,
                Revision = offer.Revision,
                Tracks = offer.Tracks,
                SlotsVersion = offer.SlotsVersion,
            },
            offer.Sdp);
    }
}
