namespace MeetOperator.Signaling;

/// <summary>Stored chat messages, oldest first.</summary>
public sealed record MessagesAnswer(IReadOnlyList<MessageAnswer> Messages);
