using Microsoft.AspNetCore.Http;

namespace MeetOperator.NodeControl.Testing;

/// <summary>An error response of the simulated node, as a problem document (RFC 9457).</summary>
internal sealed class NodeProblemException(int status, string code, string detail) : Exception(detail)
{
    public IResult ToResult() => Results.Problem(Message, statusCode: status, type: $"urn:meetoperator:node:{code}", title: code);

    public static NodeProblemException UnknownRoom(string room) => new(404, "unknown-room", $"This node has no room {room}.");

    public static NodeProblemException UnknownSession(string session) => new(404, "unknown-session", $"The session {session} no longer exists.");

    public static NodeProblemException UnknownParticipant(string participant) =>
        new(404, "unknown-participant", $"This room has no participant {participant}.");
}
