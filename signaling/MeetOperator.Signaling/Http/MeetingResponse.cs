namespace MeetOperator.Signaling.Http;

/// <summary>Response of <c>GET /meetings/{id}</c>. <see cref="Status"/> is pending, ready, active or ended.</summary>
internal sealed record MeetingResponse(string MeetingId, string Title, string? Host, IReadOnlyList<ParticipantResponse> Participants, string Status);
