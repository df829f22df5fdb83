namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>The participant leaves. The server then closes the socket.</summary>
public sealed record LeaveMessage : ClientMessage;
