namespace MeetOperator.Signaling.Protocol;

/// <summary>
/// First message of a socket. <see cref="ParticipantId"/> is the one that <c>join</c> over REST gave; <see cref="Resume"/> says that the
/// client's subscribe connection of before still works.
/// </summary>
public sealed record JoinMessage(string ParticipantId, bool Resume) : ClientMessage;
