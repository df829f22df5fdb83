namespace MeetOperator.Signaling.Http;

/// <summary>Stored chat messages, oldest first.</summary>
internal sealed record MessagesResponse(IReadOnlyList<MessageResponse> Messages);
