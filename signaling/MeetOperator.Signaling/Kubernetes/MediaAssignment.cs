using MeetOperator.Contracts.Meetings;

namespace MeetOperator.Signaling.Kubernetes;

/// <summary>A media node that the operator assigned to a meeting. <c>Namespace</c> and <c>Node</c> identify it: a meeting has at most one assignment to a node.</summary>
/// <param name="Namespace">Namespace of the SfuNode.</param>
/// <param name="Node">Name of the SfuNode.</param>
/// <param name="ControlUrl">Address of the node's NodeControl API; always HTTPS.</param>
/// <param name="Generation">Fencing number. A higher number at the same node means a new room.</param>
/// <param name="Role">Role of the node for the meeting; null for one that only a later version knows.</param>
/// <param name="State">Whether participants may use the room; null for a state that only a later version knows.</param>
internal sealed record MediaAssignment(string Namespace, string Node, Uri ControlUrl, long Generation, AssignmentRole? Role, AssignmentState? State)
{
    /// <summary>The assignment that participants use: of those whose room is ready, the one with the highest generation. Null if there is none.</summary>
    public static MediaAssignment? ForParticipants(IReadOnlyList<MediaAssignment> assignments)
    {
        MediaAssignment? best = null;
        foreach (var assignment in assignments)
        {
            if (assignment is { Role: AssignmentRole.Origin, State: AssignmentState.Ready } && (best is null || assignment.Generation > best.Generation))
            {
                best = assignment;
            }
        }

        return best;
    }
}
