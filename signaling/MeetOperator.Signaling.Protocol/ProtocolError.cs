namespace MeetOperator.Signaling.Protocol;

/// <summary>Why a message was refused; <see cref="Message"/> names the field and what would be right. <see cref="Reference"/> is the message's own, if it had one.</summary>
public sealed record ProtocolError(ErrorCode Code, string Message, string? Reference = null);
