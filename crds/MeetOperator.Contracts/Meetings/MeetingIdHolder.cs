using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Contracts.Meetings;

/// <summary>
/// Decides which meeting owns an ID when several objects share it. Names can be chosen freely in every namespace, and may equal the uid of another meeting. The decision is
/// deterministic, and the other meetings are rejected with <see cref="AcceptReasons.IdTaken"/>.
/// </summary>
public static class MeetingIdHolder
{
    /// <summary>
    /// Returns the meeting that is placed; otherwise one whose tenant owns its namespace; then one that was not rejected for the ID before; then the oldest; then the one with
    /// the lowest uid. Returns null for an empty list.
    /// </summary>
    public static Meeting? Among(IEnumerable<Meeting> meetings, Func<Meeting, bool> belongsToItsTenant)
    {
        ArgumentNullException.ThrowIfNull(meetings);
        ArgumentNullException.ThrowIfNull(belongsToItsTenant);
        return meetings
            .OrderByDescending(IsPlaced)
            .ThenByDescending(belongsToItsTenant)
            .ThenBy(WasRejected)
            .ThenBy(meeting => meeting.Metadata.CreationTimestamp)
            .ThenBy(meeting => meeting.Metadata.Uid, StringComparer.Ordinal)
            .FirstOrDefault();
    }

    private static bool IsPlaced(Meeting meeting) => meeting.Status is { EndedAt: null, Assignments.Count: > 0 };

    private static bool WasRejected(Meeting meeting) =>
        meeting.Status?.Conditions.Any(condition => condition is { Type: MeetConditions.Accepted, Status: ConditionStatus.False, Reason: AcceptReasons.IdTaken }) == true;
}
