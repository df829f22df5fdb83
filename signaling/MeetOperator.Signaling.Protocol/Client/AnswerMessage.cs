namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>An SDP answer. Without <see cref="Revision"/> and <see cref="SessionId"/>, it answers the newest offer of the SFU.</summary>
public sealed record AnswerMessage(string To, string Sdp, int? Revision, string? SessionId = null) : ClientMessage;
