using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Http;

public sealed record JoinResponse(string ParticipantId, string WebSocketUrl, IReadOnlyList<IceServer> IceServers, string Ticket, string Role);
