namespace MeetOperator.Signaling.Http;

public sealed record MessageAnswer(string MessageId, string From, string DisplayName, string Message, string Timestamp, string? Reference);
