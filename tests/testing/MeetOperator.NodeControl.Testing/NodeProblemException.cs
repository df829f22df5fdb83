using Microsoft.AspNetCore.Http;

namespace MeetOperator.NodeControl.Testing;

/// <summary>Ends a request to the simulated node with a problem document (RFC 9457).</summary>
internal sealed class NodeProblemException(int status, string code, string detail) : Exception(detail)
{
    public IResult ToResult() => Results.Problem(Message, statusCode: status, type: $"urn:meetoperator:node:{code}", title: code);

    public static NodeProblemException UnknownRoom(string room) => new(404, "unknown-room", $"Room '{room}' does not exist on this node.");

    public static NodeProblemException UnknownSession(string session) => new(404, "unknown-session", $"Session '{session}' has ended.");

    public static NodeProblemException UnknownParticipant(string participant) =>
        new(404, "unknown-participant", $"Participant '{participant}' is not in this room.");
}
