using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>
/// Whose socket it is, as its credential and the participant's row say. <see cref="ByTicket"/>: opened without joining anew;
/// <see cref="Returning"/>: this participant was connected before.
/// </summary>
public sealed record SocketIdentity(MeetingKey Meeting, string ParticipantId, string DisplayName, ParticipantRole Role, bool ByTicket, bool Returning);
