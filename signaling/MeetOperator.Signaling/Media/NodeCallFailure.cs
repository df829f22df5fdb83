using System.Net;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Media;

/// <summary>The failure of a call to a media node: the error for the client, and a short reason for logs and metrics.</summary>
internal sealed record NodeCallFailure(ErrorCode Code, string Message, string Reason)
{
    /// <summary>Converts an exception. Returns null if it is not a failure of a call.</summary>
    public static NodeCallFailure? Of(Exception e) => e switch
    {
        NodeControlException { Code: "stale-generation" or "unknown-room" or "draining" } rejection =>
            new(ErrorCode.MediaFailed, "The meeting is moving to another media node. 'media-restart' follows.", rejection.Code),
        NodeControlException { Code: "unknown-session" } rejection => new(ErrorCode.UnknownSession, "The media session no longer exists. Start a new one.", rejection.Code),
        NodeControlException rejection when rejection.Status is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity =>
            new(ErrorCode.InvalidSdp, rejection.Message, rejection.Code),
        NodeControlException rejection => new(ErrorCode.MediaFailed, $"The media node rejected the request: {rejection.Message}", rejection.Code),
        HttpRequestException or IOException => new(ErrorCode.MediaFailed, "The media node is unreachable. If the meeting moves to another node, 'media-restart' follows.", "unreachable"),
        TimeoutException or OperationCanceledException => new(ErrorCode.MediaFailed, "The media node does not respond. If the meeting moves to another node, 'media-restart' follows.", "timeout"),
        System.Text.Json.JsonException => new(ErrorCode.MediaFailed, "The media node sent an invalid response.", "bad-answer"),
        _ => null,
    };

    public static bool Is(Exception e) => Of(e) is not null;

    /// <summary>Returns true if the node does not know the participant, possibly because it lost and recreated the room.</summary>
    public static bool IsUnknownParticipant(Exception e) => e is NodeControlException { Code: "unknown-participant" };

    /// <summary>Returns true if the node, or the room on it, takes no other participant.</summary>
    public static bool IsFull(Exception e) => e is NodeControlException { Code: "room-full" } or NodeControlException { Code: "full", Status: HttpStatusCode.ServiceUnavailable };

    /// <summary>Returns true if a host has removed the participant. The removal also closes its socket, so the client needs no error.</summary>
    public static bool IsParticipantRemoved(Exception e) => e is NodeControlException { Code: NodeControlClient.ParticipantRemoved };
}
