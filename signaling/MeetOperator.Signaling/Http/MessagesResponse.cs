namespace MeetOperator.Signaling.Http;

/// <summary>Stored chat messages, oldest first.</summary>
public sealed record MessagesResponse(IReadOnlyList<MessageResponse> Messages);
