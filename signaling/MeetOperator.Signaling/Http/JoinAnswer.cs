namespace MeetOperator.Signaling;

public sealed record JoinAnswer(string ParticipantId, string WebSocketUrl, IReadOnlyList<IceServer> IceServers, string Ticket, string Role);
