using System.Net;
using MeetOperator.MediaNode.Sessions;

namespace MeetOperator.MediaNode.Control;

/// <summary>A request that the node does not carry out; becomes a problem document whose type ends in <see cref="Code"/>.</summary>
internal sealed class Refusal(HttpStatusCode status, string code, string detail) : Exception(detail)
{
    public HttpStatusCode Status { get; } = status;

    public string Code { get; } = code;

    public static Refusal UnknownRoom(string room) => new(HttpStatusCode.NotFound, "unknown-room", $"This node has no room '{room}'.");

    public static Refusal UnknownParticipant(string participant) =>
        new(HttpStatusCode.NotFound, "unknown-participant", $"The room has no participant '{participant}'.");

    public static Refusal UnknownSession(string session) =>
        new(HttpStatusCode.NotFound, "unknown-session", $"The session '{session}' is gone; begin a new one (an offer with restart, or subscribe).");

    public static Refusal StaleGeneration(long held, long given) =>
        new(HttpStatusCode.Conflict, "stale-generation", $"generation {given} is older than {held}, which holds this room.");

    public static Refusal NotEmpty(int people) =>
        new(HttpStatusCode.Conflict, "not-empty", $"The room was to be ended if nobody is in it, and {people} are.");

    public static Refusal StaleTerm(long held, long? given) => new(
        HttpStatusCode.Conflict,
        "stale-term",
        given is null
            ? $"The call carries no term of leadership, and an operator of term {held} has spoken: only the operator that leads now may change this node."
            : $"Term {given} is over: an operator of term {held} leads now.");

    public static Refusal NothingToPlay(IReadOnlyList<string> feeds) => new(
        HttpStatusCode.Conflict, "nothing-to-play", feeds.Count == 0 ? "Nobody publishes in the room yet; try again later." : $"{string.Join(", ", feeds)}: nothing is published yet; try again later.");

    public static Refusal TooManyNewTracks(string participant, int tracks, TimeSpan wait) => new(
        HttpStatusCode.TooManyRequests,
        "too-many-new-tracks",
        $"Participant '{participant}' has begun too many tracks lately ({tracks} more are offered; the limit is {TrackLimit.Burst} at once and one a second): offer again in {Math.Ceiling(wait.TotalSeconds)} s, or keep source and codec of the sections.");

    public static Refusal InvalidSdp(string detail) => new(HttpStatusCode.BadRequest, "invalid-sdp", detail);

    public static Refusal InvalidRequest(string detail) => new(HttpStatusCode.BadRequest, "invalid-request", detail);
}
