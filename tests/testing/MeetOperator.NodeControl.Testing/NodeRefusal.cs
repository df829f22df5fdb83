using Microsoft.AspNetCore.Http;

namespace MeetOperator.NodeControl.Testing;

/// <summary>A refusal of the simulated node, answered as a problem document.</summary>
internal sealed class NodeRefusal(int status, string code, string detail) : Exception(detail)
{
    public IResult ToResult() => Results.Problem(Message, statusCode: status, type: $"urn:meetoperator:node:{code}", title: code);

    public static NodeRefusal UnknownRoom(string room) => new(404, "unknown-room", $"There is no room {room} on this node.");

    public static NodeRefusal UnknownSession(string session) => new(404, "unknown-session", $"The session {session} is gone.");

    public static NodeRefusal UnknownParticipant(string participant) =>
        new(404, "unknown-participant", $"There is no participant {participant} in this room.");
}
