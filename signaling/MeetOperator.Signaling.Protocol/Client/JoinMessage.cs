namespace MeetOperator.Signaling.Protocol;

/// <summary>First message of a socket. <see cref="ParticipantId"/> is the one that <c>join</c> over REST gave.</summary>
public sealed record JoinMessage(string ParticipantId) : ClientMessage;
