namespace MeetOperator.Signaling.Protocol;

/// <summary>Why a message was refused; <see cref="Message"/> names the field and what would be right.</summary>
public sealed record ProtocolError(ErrorCode Code, string Message);
