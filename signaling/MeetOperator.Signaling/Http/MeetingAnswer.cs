namespace MeetOperator.Signaling;

/// <summary>Answer of <c>GET /meetings/{id}</c>; status is pending, ready, active or ended.</summary>
public sealed record MeetingAnswer(string MeetingId, string Title, string? Host, IReadOnlyList<ParticipantAnswer> Participants, string Status);
