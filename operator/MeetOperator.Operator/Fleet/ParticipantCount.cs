using MeetOperator.Placement.Assignments;

namespace MeetOperator.Operator.Fleet;

/// <summary>Counts the participants of a meeting. Pure.</summary>
internal static class ParticipantCount
{
    /// <summary>
    /// The number of participants. While a node is left, participants that are moving are in two rooms and reports do not tell which ones, so the count stays at the former one
    /// as far as the reports allow it.
    /// </summary>
    /// <param name="former">The count before the last report.</param>
    /// <param name="nodes">The meeting's assignments.</param>
    public static int Of(int former, IReadOnlyList<AssignedNode> nodes)
    {
        var (all, staying, largest) = (0, 0, 0);
        foreach (var node in nodes)
        {
            all += node.Participants;
            staying += node.State == NodeAssignmentState.Leaving ? 0 : node.Participants;
            largest = Math.Max(largest, node.Participants);
        }

        return Math.Clamp(former, Math.Max(staying, largest), all);
    }
}
