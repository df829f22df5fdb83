using System.Collections.Concurrent;
using MeetOperator.Kube;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Tenants;

namespace MeetOperator.Operator.Meetings;

/// <summary>Knows every meeting that holds something in memory, and gives all of it back.</summary>
internal sealed class MeetingReleases(MediaFleet fleet, QuotaLedger ledger, PendingMeetings pending, PendingWakeups wakeups)
{
    private readonly ConcurrentDictionary<NamespacedName, (MeetingRef Meeting, string Tenant)> _known = new();

    public IEnumerable<MeetingRef> Known => _known.Values.Select(entry => entry.Meeting);

    /// <summary>From now on the meeting may hold something; what another object of the same name held is given back.</summary>
    public void Track(MeetingRef meeting, string tenant)
    {
        if (_known.TryGetValue(meeting.Name, out var former) && former.Meeting != meeting)
        {
            Release(former.Meeting, former.Tenant);
        }

        _known[meeting.Name] = (meeting, tenant);
    }

    /// <summary>The meeting holds nothing any more; its object is still there.</summary>
    public void Release(MeetingContext context) => Release(context.Ref, context.Meeting.Spec.TenantRef.Name);

    /// <summary>The object is gone; gives the meeting that it was, null when it was not known.</summary>
    public MeetingRef? Forget(NamespacedName name)
    {
        if (!_known.TryRemove(name, out var gone))
        {
            return null;
        }

        Release(gone.Meeting, gone.Tenant);
        return gone.Meeting;
    }

    private void Release(MeetingRef meeting, string tenant)
    {
        pending.Remove(meeting.Name);
        fleet.Release(meeting);
        if (ledger.Release(tenant, meeting.Uid))
        {
            wakeups.SomethingBecameFree();
        }
    }
}
