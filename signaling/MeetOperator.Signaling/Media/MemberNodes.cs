using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol.Client;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// The sessions of one member on each media node that it uses: on one node, or while it moves on several, oldest first. Selects the node that a request of the client
/// belongs to. Immutable.
/// </summary>
internal sealed class MemberNodes
{
    public static readonly MemberNodes None = new([]);

    private MemberNodes(IReadOnlyList<MemberSessions> all) => All = all;

    public IReadOnlyList<MemberSessions> All { get; }

    /// <summary>The node that the member uses or moves to; null if it uses none.</summary>
    public MemberSessions? Newest => All.Count == 0 ? null : All[^1];

    /// <summary>The nodes that the member moves away from.</summary>
    public IEnumerable<MemberSessions> Former => All.SkipLast(1);

    public bool IsMoving => All.Count > 1;

    public MemberNodes With(MemberSessions sessions) => new([.. All, sessions]);

    public MemberNodes Without(MemberSessions sessions) => new([.. All.Where(known => known != sessions)]);

    /// <summary>Keeps the nodes that <paramref name="isServed"/> returns true for.</summary>
    public MemberNodes Only(Func<RoomKey, bool> isServed) => All.All(sessions => isServed(sessions.Room.Key)) ? this : new([.. All.Where(sessions => isServed(sessions.Room.Key))]);

    /// <summary>
    /// Keeps the nodes that <paramref name="isServed"/> returns true for. If the newest is not among them, the one that is the newest then is marked as left, because the client had begun to use the other one.
    /// </summary>
    public MemberNodes Keep(Func<RoomKey, bool> isServed)
    {
        var kept = Only(isServed);
        if (kept.Newest is { } newest && newest != Newest)
        {
            newest.MarkLeft();
        }

        return kept;
    }

    /// <summary>The newest node, and those that the member moves away from and that can be reached: a call to one that is gone would hold up the others.</summary>
    public MemberNodes Reachable(Func<RoomKey, bool> isGone) => Only(room => room == Newest?.Room.Key || !isGone(room));

    public MemberSessions? Find(RoomKey room) => All.FirstOrDefault(sessions => sessions.Room.Key == room);

    /// <summary>The node whose offer the client answers, or whose slots it has applied. Without the session's ID, as from older clients, the newest.</summary>
    public MemberSessions? OfSubscribeSession(string? sessionId) => All.FirstOrDefault(sessions => sessionId is not null && sessions.SubscribeSession == sessionId) ?? Newest;

    /// <summary>
    /// The node that an offer of the client is for: the newest for a new connection, otherwise the one that has the session. A node whose publish session was opened by a
    /// previous socket has an unknown session ID, and is then older than one whose ID is known.
    /// </summary>
    /// <param name="offer">The offer.</param>
    /// <param name="isRestart">Whether the offer comes from a new peer connection.</param>
    public MemberSessions? OfOffer(OfferMessage offer, bool isRestart)
    {
        if (isRestart || !IsMoving)
        {
            return Newest;
        }

        return offer.SessionId is null
            ? All.LastOrDefault(sessions => sessions.PublishSession is not null) ?? All[0]
            : All.FirstOrDefault(sessions => sessions.PublishSession == offer.SessionId) ?? All[0];
    }
}
