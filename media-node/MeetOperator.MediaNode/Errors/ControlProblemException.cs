using System.Net;
using MeetOperator.MediaNode.Limits;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Errors;

/// <summary>Ends a request with a problem document (RFC 9457) whose type ends in <see cref="Code"/>.</summary>
internal sealed class ControlProblemException(HttpStatusCode status, string code, string detail) : Exception(detail)
{
    public HttpStatusCode Status { get; } = status;

    public string Code { get; } = code;

    public static ControlProblemException UnknownRoom(string room) => new(HttpStatusCode.NotFound, "unknown-room", $"Room '{room}' does not exist on this node.");

    public static ControlProblemException UnknownParticipant(string participant) =>
        new(HttpStatusCode.NotFound, "unknown-participant", $"Participant '{participant}' is not in this room.");

    public static ControlProblemException ParticipantRemoved(string participant) =>
        new(HttpStatusCode.Gone, "participant-removed", $"Participant '{participant}' was removed from this room for good.");

    public static ControlProblemException UnknownSession(string session) =>
        new(HttpStatusCode.NotFound, "unknown-session", $"Session '{session}' has ended. Start a new one with an offer that sets restart, or with subscribe.");

    public static ControlProblemException StaleGeneration(long current, long requested) =>
        new(HttpStatusCode.Conflict, "stale-generation", $"Generation {requested} is older than the room's generation {current}.");

    public static ControlProblemException NotEmpty(int participants) =>
        new(HttpStatusCode.Conflict, "not-empty", $"The room was not deleted because onlyIfEmpty is set and it has {participants} participants.");

    public static ControlProblemException StaleTerm(long current, long? requested) => new(
        HttpStatusCode.Conflict,
        "stale-term",
        requested is null
            ? $"The request has no {TermHeader.Name} header, and the operator leads in term {current}. Only the current leader can change this node."
            : $"Term {requested} is over. The current leader has term {current}.");

    public static ControlProblemException NothingToPlay(IReadOnlyList<string> feeds) => new(
        HttpStatusCode.Conflict, "nothing-to-play", feeds.Count == 0 ? "No participant publishes in this room yet. Try again later." : $"{string.Join(", ", feeds)}: no published tracks yet. Try again later.");

    public static ControlProblemException TooManyNewTracks(string participant, int tracks, TimeSpan wait) => new(
        HttpStatusCode.TooManyRequests,
        "too-many-new-tracks",
        $"Participant '{participant}' started too many tracks: the offer adds {tracks}, and the limit is {TrackLimit.Burst} at once plus one per second. Offer again in {Math.Ceiling(wait.TotalSeconds)} s, or keep the source and codec of the existing sections.");

    public static ControlProblemException Concurrent() =>
        new(HttpStatusCode.Conflict, "concurrent-requests", "Other requests changed the same session or track several times while this one was prepared. Nothing has changed; send it again.");

    public static ControlProblemException TunnelDenied() =>
        new(HttpStatusCode.Forbidden, "tunnel-denied", "This room admits no tunnels: connectivity.allowTunnels is not set in its spec, or it is encrypted end to end. Open the session without one.");

    public static ControlProblemException TooManyTunnels(int limit, string of) =>
        new(HttpStatusCode.TooManyRequests, "too-many-tunnels", $"The limit of {limit} tunnels of {of} is reached. Try again when one has ended.");

    public static ControlProblemException InvalidSdp(string detail) => new(HttpStatusCode.BadRequest, "invalid-sdp", detail);

    public static ControlProblemException InvalidLink(string detail) => new(HttpStatusCode.BadRequest, "invalid-link", detail);

    public static ControlProblemException TooManyLinks(int maximum) =>
        new(HttpStatusCode.TooManyRequests, "too-many-links", $"The room has {maximum} links, and a meeting is on at most {maximum + 1} media nodes. Delete a link first.");

    public static ControlProblemException InvalidRequest(string detail) => new(HttpStatusCode.BadRequest, "invalid-request", detail);
}
