using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Access;

/// <summary>
/// The participant of a socket, from its credential and database row. <see cref="HasTicket"/>: the socket was opened with a ticket, without a new join.
/// <see cref="IsReturning"/>: the participant was connected before.
/// </summary>
internal sealed record SocketIdentity(MeetingKey Meeting, string ParticipantId, string DisplayName, ParticipantRole Role, bool HasTicket, bool IsReturning)
{
    /// <summary>Region of the participant, which other participants do not see; null if it has none.</summary>
    public string? Region { get; init; }
}
