using MeetOperator.Contracts.Meetings;

namespace MeetOperator.Signaling.Kubernetes;

/// <summary>Decides which media node of a meeting a participant uses. Pure.</summary>
internal static class ParticipantNodes
{
    /// <summary>
    /// Returns the assignment that a participant uses, or null if there is none. A participant stays on its node while the node is Ready. Otherwise, and for a new
    /// participant, the choice is among the nodes that are Ready: first those in the region of the participant's node, then the Origin, then the node with the fewest
    /// participants. If none is Ready, a participant stays on a node that is Leaving; nobody joins there.
    /// </summary>
    /// <param name="assignments">All assignments of the meeting.</param>
    /// <param name="current">The room that the participant uses; null for a new participant.</param>
    public static MediaAssignment? Choose(IReadOnlyList<MediaAssignment> assignments, RoomKey? current = null)
    {
        var known = current is null ? null : assignments.FirstOrDefault(assignment => assignment.Key == current);
        if (known is { State: AssignmentState.Ready, Role: not AssignmentRole.Standby })
        {
            return known;
        }

        var best = assignments
            .Where(assignment => assignment is { State: AssignmentState.Ready, Role: AssignmentRole.Origin or AssignmentRole.Edge })
            .OrderByDescending(assignment => known?.Region is { } region && assignment.Region == region)
            .ThenByDescending(assignment => assignment.Role == AssignmentRole.Origin)
            .ThenBy(assignment => assignment.Participants)
            .ThenByDescending(assignment => assignment.Generation)
            .ThenBy(assignment => assignment.Node, StringComparer.Ordinal)
            .FirstOrDefault();
        return best ?? (known is { State: AssignmentState.Leaving } ? known : null);
    }
}
