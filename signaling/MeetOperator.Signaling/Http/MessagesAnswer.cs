namespace MeetOperator.Signaling;

/// <summary>Stored chat, oldest first.</summary>
public sealed record MessagesAnswer(IReadOnlyList<MessageAnswer> Messages);
