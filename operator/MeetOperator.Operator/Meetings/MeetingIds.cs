using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Meetings;

/// <summary>Says which of several meetings with one id has it: the one that is placed now, else the one that <see cref="MeetingIdHolder"/> names.</summary>
internal sealed class MeetingIds(ClusterView cluster, MediaFleet fleet)
{
    /// <summary>Names nothing of the other meeting, which may be another tenant's.</summary>
    public static AcceptRules.Refusal Refusal(string meetingId) => new(
        MeetingPhase.Failed,
        AcceptReasons.IdTaken,
        $"another meeting has the id {meetingId}: delete this one and create it under another name; a name that is not a UUID never clashes");

    public bool HasItsId(MeetingRef meeting) => fleet.HolderOf(meeting.Id) is { } placed ? placed == meeting : IsFirst(meeting);

    private bool IsFirst(MeetingRef meeting)
    {
        var all = cluster.MeetingsWithId(meeting.Id);
        return all.Count <= 1 || MeetingIdHolder.Among(all, BelongsToItsTenant)?.Metadata.Uid == meeting.Uid;
    }

    private bool BelongsToItsTenant(Meeting meeting)
    {
        var tenant = meeting.Spec.TenantRef.Name;
        return cluster.Tenants.Get(new NamespacedName(null, tenant))?.Spec.Namespace == meeting.Metadata.Namespace && cluster.OwnerOf(meeting.Metadata.Namespace) == tenant;
    }
}
