namespace MeetOperator.Signaling.Protocol;

/// <summary>An answer; without <see cref="Revision"/> and <see cref="SessionId"/> the newest offer of the SFU is meant.</summary>
public sealed record AnswerMessage(string To, string Sdp, int? Revision, string? SessionId = null) : ClientMessage;
