using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Decides which of several meetings with the same ID owns it: the one that is placed, otherwise the one that <see cref="MeetingIdHolder"/> selects.</summary>
internal sealed class MeetingIds(ClusterView cluster, MediaFleet fleet)
{
    /// <summary>The message reveals nothing about the other meeting, which may belong to another tenant.</summary>
    public static AcceptRules.Rejection IdTaken(string meetingId) => new(
        MeetingPhase.Failed,
        AcceptReasons.IdTaken,
        $"another meeting has the ID {meetingId}: delete this meeting and create it with another name; a name that is not a UUID never conflicts");

    public bool IsIdOwner(MeetingRef meeting) => fleet.HolderOf(meeting.Id) is { } placed ? placed == meeting : IsFirst(meeting);

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
