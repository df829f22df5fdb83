using MeetOperator.MediaNode.Sessions;
using MeetOperator.NodeControl;
using MeetOperator.Sdp;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>The offers to the subscribers of a room. Used only on the loop's thread.</summary>
internal sealed class RoomOffers(RoomParticipants participants, RoomEventHub events)
{
    /// <summary>Publishes new offers for the subscribers whose tracks changed.</summary>
    public void PublishChanges()
    {
        foreach (var participant in participants.All)
        {
            if (participant.Sessions.Find<SubscribeSession>() is { } session)
            {
                try
                {
                    Publish(participant, session);
                }
                catch (Exception e)
                {
                    session.Peer.Fail(e);
                }
            }
        }
    }

    /// <summary>Publishes a new offer for one subscriber if its tracks changed.</summary>
    public void Publish(NodeParticipant participant, SubscribeSession session)
    {
        if (session.TryOffer(participants.TracksFor(participant.Id)))
        {
            events.Publish(OfferEvent(participant, session));
        }

        ReportLimits(participant, session);
    }

    /// <summary>Returns the offer for a new session, which the caller gets without an event.</summary>
    public SubscribeOffer Start(NodeParticipant participant, SubscribeSession session)
    {
        session.TryOffer(participants.TracksFor(participant.Id));
        ReportLimits(participant, session);
        return session.Current;
    }

    /// <summary>The current offer of each subscriber.</summary>
    public IEnumerable<RoomEvent> Current()
    {
        foreach (var participant in participants.All)
        {
            if (participant.Sessions.Find<SubscribeSession>() is { } session)
            {
                yield return OfferEvent(participant, session);
            }
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

    private static RoomEvent OfferEvent(NodeParticipant participant, SubscribeSession session) => new()
    {
        Type = RoomEventTypes.Offer,
        ParticipantId = participant.Id,
        SessionId = session.Peer.Id,
        Revision = session.Current.Revision,
        Sdp = session.Current.Sdp,
        Tracks = session.Current.Tracks,
    };
}
