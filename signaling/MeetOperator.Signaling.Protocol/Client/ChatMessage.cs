namespace MeetOperator.Signaling.Protocol;

/// <summary>A chat line for everybody. The same <see cref="Reference"/> twice is the same line, stored once.</summary>
public sealed record ChatMessage(string Message, string? Reference) : ClientMessage;
