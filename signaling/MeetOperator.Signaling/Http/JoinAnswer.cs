namespace MeetOperator.Signaling.Http;

public sealed record JoinAnswer(string ParticipantId, string WebSocketUrl, IReadOnlyList<IceServer> IceServers, string Ticket, string Role);
