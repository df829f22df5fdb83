namespace MeetOperator.Signaling.Protocol;

/// <summary>A chat line for everybody.</summary>
public sealed record ChatMessage(string Message) : ClientMessage;
