using MeetOperator.Contracts.Meetings;

namespace MeetOperator.Signaling.Kubernetes;

/// <summary>Decides which media node of a meeting a participant uses. Pure.</summary>
internal static class ParticipantNodes
{
    /// <summary>
    /// Returns the assignment that a participant uses, or null if there is none. A participant stays on its node while the node is Ready, except that it moves to a node in its
    /// own region that has free places. Nobody moves because of load. Otherwise, and for a new participant, the choice is among the nodes that are Ready: first those with free
    /// places, of these the ones in the participant's region, then the node with the most free places, then the one with the fewest participants, then the Origin. If none is
    /// Ready, a participant stays on a node that is Leaving; nobody joins there. While a node is gone, the Standby can be used, first by those who were on that node, and those who use it
    /// stay. Those who were on a node that is gone also use a node that is Leaving, if no other one has a place, until the operator has decided; and so do new participants if all Ready ones are
    /// gone. One whose deadline is near is used only if there is nothing else. If there is none at all, a participant tries one that is gone until it, or another one, is there. When a node is
    /// back, new participants use it at once; those who use another node return when it is steady, or the deadline of the other one is near.
    /// </summary>
    /// <param name="assignments">All assignments of the meeting.</param>
    /// <param name="current">The room that the participant uses; null for a new participant.</param>
    /// <param name="region">Region of the participant; null if it has none, which then counts as being in the region of its node.</param>
    /// <param name="mayFollowRegion">Whether the participant may leave a Ready node for one in its region.</param>
    public static MediaAssignment? Choose(IReadOnlyList<MediaAssignment> assignments, RoomKey? current = null, string? region = null, bool mayFollowRegion = true)
    {
        var known = current is null ? null : assignments.FirstOrDefault(assignment => assignment.Key == current);
        var isStandbyUsed = IsStandbyUsed(assignments);
        var ready = assignments.Where(assignment => assignment is { State: AssignmentState.Ready, IsGone: false, Role: AssignmentRole.Origin or AssignmentRole.Edge or AssignmentRole.Standby }
            && (isStandbyUsed || assignment.Role != AssignmentRole.Standby));
        var leaving = assignments.Where(assignment => assignment is { State: AssignmentState.Leaving, IsGone: false, Role: AssignmentRole.Origin or AssignmentRole.Edge });
        if (known is { IsGone: true })
        {
            return ready.FirstOrDefault(assignment => assignment is { Role: AssignmentRole.Standby, HasPlace: true })
                ?? BestOf(ready.Concat(leaving.Where(assignment => !assignment.IsEnding)), region ?? known.Region) ?? BestOf(leaving, region ?? known.Region) ?? known;
        }

        if (known is { State: AssignmentState.Ready } && (isStandbyUsed || known.Role != AssignmentRole.Standby))
        {
            var mayMove = mayFollowRegion && region is not null && known.Region != region;
            return (mayMove ? BestOf(ready.Where(assignment => assignment.Region == region && assignment is { HasPlace: true, IsUnsteady: false }), region) : null) ?? known;
        }

        var next = BestOf(ready, region ?? known?.Region);
        if (known is { State: AssignmentState.Leaving } && (next is null || (next.IsUnsteady && !known.IsEnding)))
        {
            return known;
        }

        var gone = assignments.Where(assignment => assignment is { State: AssignmentState.Ready, IsGone: true, Role: AssignmentRole.Origin or AssignmentRole.Edge });
        return next ?? (gone.Any() ? BestOf(leaving, region) ?? BestOf(gone, region) : null);
    }

    /// <summary>Whether participants may use the Standby: another node is gone, or was until a moment ago.</summary>
    public static bool IsStandbyUsed(IReadOnlyList<MediaAssignment> assignments) =>
        assignments.Any(assignment => assignment.Role != AssignmentRole.Standby && (assignment.IsGone || assignment.IsUnsteady));

    private static MediaAssignment? BestOf(IEnumerable<MediaAssignment> candidates, string? region) => candidates
        .OrderByDescending(assignment => assignment.HasPlace)
        .ThenByDescending(assignment => assignment.State == AssignmentState.Ready)
        .ThenBy(assignment => assignment.IsEnding)
        .ThenByDescending(assignment => assignment.Role != AssignmentRole.Standby)
        .ThenBy(assignment => assignment.IsUnsteady)
        .ThenByDescending(assignment => region is not null && assignment.Region == region)
        .ThenByDescending(assignment => assignment.FreePlaces ?? 0)
        .ThenBy(assignment => assignment.Participants)
        .ThenByDescending(assignment => assignment.Role == AssignmentRole.Origin)
        .ThenByDescending(assignment => assignment.Generation)
        .ThenBy(assignment => assignment.Node, StringComparer.Ordinal)
        .FirstOrDefault();
}
