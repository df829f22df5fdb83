namespace MeetOperator.Signaling.Protocol;

/// <summary>The participant leaves. The server then closes the socket.</summary>
public sealed record LeaveMessage : ClientMessage;
