using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>
/// Which meeting has an id when several objects have the same: a name is free to choose in every namespace, and may be the uid of another meeting. One has it,
/// always the same one, and the others are refused with <see cref="AcceptReasons.IdTaken"/>.
/// </summary>
public static class MeetingIdHolder
{
    /// <summary>
    /// The one that is placed; then one whose tenant owns its namespace; then one that was not refused for the id before; then the oldest; then the lowest uid.
    /// Null when there is none.
    /// </summary>
    public static Meeting? Among(IEnumerable<Meeting> meetings, Func<Meeting, bool> belongsToItsTenant)
    {
        ArgumentNullException.ThrowIfNull(meetings);
        ArgumentNullException.ThrowIfNull(belongsToItsTenant);
        return meetings
            .OrderByDescending(IsPlaced)
            .ThenByDescending(belongsToItsTenant)
            .ThenBy(WasRefused)
            .ThenBy(meeting => meeting.Metadata.CreationTimestamp)
            .ThenBy(meeting => meeting.Metadata.Uid, StringComparer.Ordinal)
            .FirstOrDefault();
    }

    private static bool IsPlaced(Meeting meeting) => meeting.Status is { EndedAt: null, Assignments.Count: > 0 };

    private static bool WasRefused(Meeting meeting) =>
        meeting.Status?.Conditions.Any(condition => condition is { Type: MeetConditions.Accepted, Status: ConditionStatus.False, Reason: AcceptReasons.IdTaken }) == true;
}
