namespace MeetOperator.Signaling.Protocol;

/// <summary>The participant goes; the socket is closed by the server.</summary>
public sealed record LeaveMessage : ClientMessage;
