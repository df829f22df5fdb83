using MeetOperator.Contracts.Meetings;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Kubernetes;

/// <summary>Why <see cref="ParticipantNodes"/> has chosen another media node for a participant. Pure.</summary>
internal static class MoveReasons
{
    /// <param name="assignments">The assignments with which it was chosen.</param>
    /// <param name="current">The room that the participant uses.</param>
    /// <param name="target">The room that it is to use.</param>
    /// <returns>Null if the assignments do not show why.</returns>
    public static MediaMoveReason? Find(IReadOnlyList<MediaAssignment> assignments, RoomKey current, RoomKey target) => assignments.FirstOrDefault(assignment => assignment.Key == current) switch
    {
        null => null,
        { IsGone: true } => assignments.Any(assignment => assignment.Key == target && assignment.Role == AssignmentRole.Standby) ? MediaMoveReason.Standby : MediaMoveReason.Unreachable,
        { State: AssignmentState.Leaving } => MediaMoveReason.Leaving,
        { Role: AssignmentRole.Standby } when !ParticipantNodes.IsStandbyUsed(assignments) => MediaMoveReason.Returned,
        { State: AssignmentState.Ready } => MediaMoveReason.Region,
        _ => null,
    };
}
