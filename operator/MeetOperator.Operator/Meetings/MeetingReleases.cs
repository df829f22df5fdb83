using MeetOperator.Kube;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Tenants;

namespace MeetOperator.Operator.Meetings;

/// <summary>Gives back everything that a meeting holds in memory.</summary>
internal sealed class MeetingReleases(MediaFleet fleet, QuotaLedger ledger, PendingMeetings pending)
{
    public void Release(MeetingContext context) => Release(context.Key, context.MeetingId, context.Meeting.Spec.TenantRef.Name);

    public void Release(NamespacedName key, string meetingId, string tenant)
    {
        pending.Remove(key);
        ledger.Release(tenant, meetingId);
        fleet.Release(meetingId);
    }
}
