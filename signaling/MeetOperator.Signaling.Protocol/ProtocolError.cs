namespace MeetOperator.Signaling.Protocol;

/// <summary>
/// Why a message was rejected. <see cref="Message"/> names the field and the expected value. <see cref="Reference"/> is the reference of the rejected message,
/// or null.
/// </summary>
public sealed record ProtocolError(ErrorCode Code, string Message, string? Reference = null);
