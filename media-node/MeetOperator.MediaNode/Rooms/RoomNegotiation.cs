using System.Net;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Slots;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Sdp;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>Opens, renegotiates and replaces sessions at the request of signaling. A rejected request changes nothing. Used only on the loop's thread.</summary>
internal sealed class RoomNegotiation(RoomParticipants participants, RoomOffers offers, RoomSlots slots)
{
    /// <summary>Maximum number of concurrent play sessions of one participant.</summary>
    private const int MaxPlays = 16;

    public SdpAnswer Publish(RoomSpec spec, string participantId, SdpOffer request, SessionDescription offer)
    {
        var participant = participants.GetOrAdd(participantId, spec.MaxParticipants, out var isNew);
        var session = participant.Sessions.Find<PublishSession>();
        if (!request.Restart && request.SessionId is { } named && named != session?.Peer.Id)
        {
            RemoveIfNew(isNew, participantId);
            throw ControlProblemException.UnknownSession(named);
        }

        participant.Context.IsE2ee = spec.E2ee;
        if (session is not null && !request.Restart)
        {
            var renegotiated = Describe(participant, session, session.Answer(MonotonicClock.NowTicks, request, offer, spec.Codecs));
            offers.PublishChanges();
            return renegotiated;
        }

        var fresh = new PublishSession(participant.Context);
        PreparedAnswer prepared;
        try
        {
            var now = MonotonicClock.NowTicks;
            prepared = fresh.Prepare(now, request, offer, spec.Codecs);
            if (session is not null)
            {
                Replace(now, session, fresh, prepared);
            }
        }
        catch
        {
            // The previous session continues, unless the error occurred while replacing it.
            participant.Context.Factory.Close(fresh.Peer);
            RemoveIfNew(isNew, participantId);
            throw;
        }

        participant.Sessions.All.Add(fresh);
        var answer = fresh.Accept(prepared);
        offers.PublishChanges();
        return Describe(participant, fresh, answer);
    }

    public OfferDraft Subscribe(RoomSpec spec, string participantId, SubscribeRequest request)
    {
        var participant = participants.GetOrAdd(participantId, spec.MaxParticipants, out _);
        if (participant.Sessions.Find<SubscribeSession>() is { } open)
        {
            if (!request.Restart)
            {
                return open.Current;
            }

            // At most one session overlaps with the newest one.
            if (participant.Sessions.All.OfType<SubscribeSession>().FirstOrDefault(s => s.IsReplaced) is { } older)
            {
                participant.Sessions.End(older);
            }

            Replace(participant, open);
        }

        // The new session may belong to another page, which shows something else or does not tell.
        participant.Context.Views = ParticipantViews.Unknown;
        var session = new SubscribeSession(participant.Context, SlotLimits.Read(request.Slots));
        participant.Sessions.All.Add(session);
        return session.Slots is null ? offers.Start(participant, session) : slots.Start(session);
    }

    public void Answer(string participantId, SubscribeAnswer answer, SessionDescription description)
    {
        var participant = participants.Require(participantId);
        var session = participant.Sessions.Find<SubscribeSession>()
            ?? throw ControlProblemException.UnknownSession(answer.SessionId ?? "subscribe");
        if (answer.SessionId is { } named && named != session.Peer.Id)
        {
            throw ControlProblemException.UnknownSession(named);
        }

        session.Answer(answer, description);
        offers.Publish(participant, session);
        slots.Queue(participant);
    }

    public SdpAnswer Play(RoomSpec spec, string participantId, PlayRequest request, SessionDescription offer)
    {
        var participant = participants.GetOrAdd(participantId, spec.MaxParticipants, out var isNew);
        if (participant.Sessions.All.OfType<PlaySession>().Count() >= MaxPlays)
        {
            throw new ControlProblemException(HttpStatusCode.Conflict, "full", $"Participant '{participantId}' has reached the limit of {MaxPlays} play sessions. End one first.");
        }

        var tracks = request.Feeds.Count == 0 ? participants.TracksFor(participantId) : participants.TracksOf(request.Feeds);
        var session = new PlaySession(participant.Context);
        try
        {
            var (answer, played) = session.Answer(request, offer, tracks);
            participant.Sessions.All.Add(session);
            return new SdpAnswer { SessionId = session.Peer.Id, Sdp = answer, Tracks = played };
        }
        catch
        {
            participant.Context.Factory.Close(session.Peer);
            RemoveIfNew(isNew, participantId);
            throw;
        }
    }

    /// <summary>Ends a session, at once if nothing is received on it.</summary>
    private static void Replace(NodeParticipant participant, SubscribeSession session)
    {
        if (session.Peer.IsReady)
        {
            session.MarkReplaced(MonotonicClock.NowTicks);
        }
        else
        {
            participant.Sessions.End(session);
        }
    }

    /// <summary>Replaces a session with a new one that continues its tracks. If this fails, the tracks end.</summary>
    private void Replace(long nowTicks, PublishSession former, PublishSession fresh, PreparedAnswer prepared)
    {
        try
        {
            fresh.Succeed(nowTicks, former, prepared);
        }
        catch
        {
            fresh.Close();
            offers.PublishChanges();
            throw;
        }
    }

    private static SdpAnswer Describe(NodeParticipant participant, PublishSession session, string sdp) =>
        new() { SessionId = session.Peer.Id, Sdp = sdp, Tracks = participant.Tracks.Describe() };

    /// <summary>Removes a participant that a rejected request added.</summary>
    private void RemoveIfNew(bool isNew, string participantId)
    {
        if (isNew)
        {
            participants.Remove(participantId);
        }
    }
}
