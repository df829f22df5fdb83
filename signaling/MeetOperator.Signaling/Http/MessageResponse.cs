namespace MeetOperator.Signaling.Http;

internal sealed record MessageResponse(string MessageId, string From, string DisplayName, string Message, string Timestamp, string? Reference);
