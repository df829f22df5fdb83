using System.Net;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>What a failed call to a media node means for the client.</summary>
public sealed record NodeFailure(ErrorCode Code, string Message, string Cause)
{
    /// <summary>Null for exceptions that are not failures of a call.</summary>
    public static NodeFailure? Of(Exception e) => e switch
    {
        NodeControlException { Code: "stale-generation" or "unknown-room" or "draining" } refused =>
            new(ErrorCode.MediaFailed, "The media path is moving; 'media-restart' follows.", refused.Code),
        NodeControlException { Code: "unknown-session" } refused => new(ErrorCode.UnknownSession, "The media session is gone; begin a new one.", refused.Code),
        NodeControlException refused when refused.Status is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity =>
            new(ErrorCode.InvalidSdp, refused.Message, refused.Code),
        NodeControlException refused => new(ErrorCode.MediaFailed, $"The media node refused: {refused.Message}", refused.Code),
        HttpRequestException or IOException => new(ErrorCode.MediaFailed, "The media node cannot be reached; 'media-restart' follows when the meeting has moved.", "unreachable"),
        TimeoutException or OperationCanceledException => new(ErrorCode.MediaFailed, "The media node does not answer; 'media-restart' follows when the meeting has moved.", "timeout"),
        System.Text.Json.JsonException => new(ErrorCode.MediaFailed, "The media node gave an answer that cannot be read.", "bad-answer"),
        _ => null,
    };

    public static bool Is(Exception e) => Of(e) is not null;

    /// <summary>True when the node does not know the participant (or lost the room and has it again).</summary>
    public static bool IsUnknownParticipant(Exception e) => e is NodeControlException { Code: "unknown-participant" };
}
