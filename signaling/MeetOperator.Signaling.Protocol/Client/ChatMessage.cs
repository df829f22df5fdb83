namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>A chat message to all participants. Messages with the same <see cref="Reference"/> are one message, stored once.</summary>
public sealed record ChatMessage(string Message, string? Reference) : ClientMessage;
