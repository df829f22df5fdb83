using System.Net;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Paths;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Slots;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>Opens, renegotiates and replaces sessions at the request of signaling. A rejected request changes nothing. Used only on the loop's thread.</summary>
internal sealed class RoomNegotiation(RoomParticipants participants, RoomTracks tracks, RoomOffers offers, RoomSlots slots, SessionFactory factory, PathGuard paths)
{
    public const int UsualMaxPlays = 16;

    /// <summary>Maximum number of concurrent play sessions of one participant.</summary>
    public int MaxPlays { get; init; } = UsualMaxPlays;

    /// <summary>Maximum number of concurrent tracks of one participant.</summary>
    public int MaxTracks { get; init; } = PublishPreparation.MaxTracks;

    /// <summary>What the answer to an offer for publishing depends on.</summary>
    public PublishBasis DescribePublish(RoomSpec spec, string participantId, SdpOffer request)
    {
        CheckTunnel(paths, request.Tunnel);
        var participant = participants.FindOrAdmit(participantId, spec.MaxParticipants);
        var session = request.Restart ? null : participant?.Sessions.Find<PublishSession>();
        return !request.Restart && request.SessionId is { } named && named != session?.Peer.Id
            ? throw ControlProblemException.UnknownSession(named)
            : new PublishBasis { Factory = factory, AllowsTcp = paths.AllowsTcp, Codecs = spec.Codecs, IsE2ee = spec.E2ee, IsTunnel = session is null && request.Tunnel, MaxTracks = MaxTracks, Session = session?.State };
    }

    /// <summary>Applies a prepared answer to the session that it is for, or to a new one. Null when it is out of date.</summary>
    public SdpAnswer? Publish(RoomSpec spec, string participantId, SdpOffer request, PreparedAnswer prepared)
    {
        if (prepared.Basis != DescribePublish(spec, participantId, request))
        {
            return null;
        }

        var participant = participants.GetOrAdd(participantId, spec.MaxParticipants, out var isNew);
        var session = participant.Sessions.Find<PublishSession>();
        var now = MonotonicClock.NowTicks;
        if (session is not null && !request.Restart)
        {
            PublishSession.TakeNewTracks(now, participant.Context, session, prepared);
            session.Accept(prepared);
            offers.PublishChanges();
            return Describe(participant, session, prepared);
        }

        PublishSession? fresh = null;
        try
        {
            fresh = new PublishSession(participant.Context, prepared); // first, because a request that was cancelled ends here, and must not use up the limit
            PublishSession.TakeNewTracks(now, participant.Context, session: null, prepared);
            if (session is not null)
            {
                Replace(now, session, fresh, prepared);
            }
        }
        catch
        {
            // The previous session continues, unless the error occurred while replacing it.
            if (fresh is not null)
            {
                factory.Close(fresh.Peer);
            }

            RemoveIfNew(isNew, participantId);
            throw;
        }

        participant.Sessions.All.Add(fresh);
        fresh.Accept(prepared);
        offers.PublishChanges();
        return Describe(participant, fresh, prepared);
    }

    /// <summary>What a subscribe session depends on. Adds the participant if it is new: nothing that follows rejects the request.</summary>
    public SubscribeBasis DescribeSubscribe(RoomSpec spec, string participantId, SubscribeRequest request)
    {
        CheckTunnel(paths, request.Tunnel);
        var participant = participants.GetOrAdd(participantId, spec.MaxParticipants, out _);
        return new SubscribeBasis(participant.Context, NeedsSession: request.Restart || participant.Sessions.Find<SubscribeSession>() is null, request.Tunnel);
    }

    /// <summary>Opens a prepared session, or returns the offer of the one that is open. Null when what was prepared is out of date.</summary>
    public OfferDraft? Subscribe(RoomSpec spec, string participantId, SubscribeRequest request, PreparedSubscription prepared)
    {
        var participant = participants.GetOrAdd(participantId, spec.MaxParticipants, out _);
        var open = participant.Sessions.Find<SubscribeSession>();
        if (open is not null && !request.Restart)
        {
            return open.Current;
        }

        if (prepared.Session is not { } session || prepared.Basis.Context != participant.Context)
        {
            return null;
        }

        if (request.LineKbps is { } kbps)
        {
            session.Subscriber.AssumeLine(kbps * 1000L);
        }

        session.Open(prepared.Transport!);
        if (open is not null)
        {
            // At most one session overlaps with the newest one: the last that the client has received on.
            if (open.Peer.IsReady && participant.Sessions.All.OfType<SubscribeSession>().FirstOrDefault(s => s.IsReplaced) is { } older)
            {
                participant.Sessions.End(older);
            }

            Replace(participant, open);
        }

        // The new session may belong to another page, which shows something else or does not tell.
        participant.Context.Views = ParticipantViews.Unknown;
        session.ApplyViews();
        participant.Sessions.All.Add(session);
        return session.Slots is null ? offers.Start(participant, session) : slots.Start(session);
    }

    /// <summary>The offer that an answer is for.</summary>
    public OfferDraft DescribeOffer(string participantId, SubscribeAnswer answer) => FindAnswered(participants.Require(participantId), answer).Require(answer.Revision);

    /// <summary>Applies a subscriber's answer. Null when it was read for another offer.</summary>
    public OfferDraft? Answer(string participantId, SubscribeAnswer answer, PreparedReading prepared)
    {
        var participant = participants.Require(participantId);
        var session = FindAnswered(participant, answer);
        if (session.Require(answer.Revision) != prepared.Offer)
        {
            return null;
        }

        session.Answer(prepared);
        offers.Publish(participant, session);
        slots.Queue(participant);
        return prepared.Offer;
    }

    /// <summary>The tracks that a player may receive. Throws when the participant can have no more play sessions.</summary>
    public IReadOnlyList<PublishedTrack> FindTracks(RoomSpec spec, string participantId, PlayRequest request)
    {
        EnsureCanPlay(participantId, participants.FindOrAdmit(participantId, spec.MaxParticipants));
        return request.Feeds.Count == 0 ? tracks.For(participantId) : tracks.Of(request.Feeds);
    }

    /// <summary>Opens a play session with a prepared answer. Null when one of its tracks has ended.</summary>
    public SdpAnswer? Play(RoomSpec spec, string participantId, PreparedPlay prepared)
    {
        if (prepared.Sections.Any(s => s.Track.Track.IsClosed))
        {
            return null;
        }

        EnsureCanPlay(participantId, participants.FindOrAdmit(participantId, spec.MaxParticipants));
        var participant = participants.GetOrAdd(participantId, spec.MaxParticipants, out var isNew);
        PlaySession? session = null;
        try
        {
            session = new PlaySession(participant.Context, prepared);
            session.Start(prepared);
            participant.Sessions.All.Add(session);
            return new SdpAnswer { SessionId = session.Peer.Id, Sdp = prepared.Sdp, Tracks = prepared.Played };
        }
        catch
        {
            if (session is not null)
            {
                session.Close(); // tracks that it has added already
                factory.Close(session.Peer);
            }

            RemoveIfNew(isNew, participantId);
            throw;
        }
    }

    /// <summary>Throws when a session is to use a tunnel and the room admits none.</summary>
    public static void CheckTunnel(PathGuard paths, bool isTunnel)
    {
        if (isTunnel && !paths.AllowsTunnels)
        {
            throw ControlProblemException.TunnelDenied();
        }
    }

    private void EnsureCanPlay(string participantId, NodeParticipant? participant)
    {
        if (participant?.Sessions.All.OfType<PlaySession>().Count() >= MaxPlays)
        {
            throw new ControlProblemException(HttpStatusCode.Conflict, "full", $"Participant '{participantId}' has reached the limit of {MaxPlays} play sessions. End one first.");
        }
    }

    private static SubscribeSession FindAnswered(NodeParticipant participant, SubscribeAnswer answer)
    {
        var session = participant.Sessions.Find<SubscribeSession>()
            ?? throw ControlProblemException.UnknownSession(answer.SessionId ?? "subscribe");
        return answer.SessionId is { } named && named != session.Peer.Id ? throw ControlProblemException.UnknownSession(named) : session;
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

    private static SdpAnswer Describe(NodeParticipant participant, PublishSession session, PreparedAnswer prepared) =>
        new() { SessionId = session.Peer.Id, Sdp = prepared.Sdp, Tracks = participant.Tracks.Describe() };

    /// <summary>Removes a participant that a rejected request added.</summary>
    private void RemoveIfNew(bool isNew, string participantId)
    {
        if (isNew)
        {
            participants.Remove(participantId);
            tracks.Leave(participantId);
        }
    }
}
