using System.Collections.Concurrent;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Quotas;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Tracks every meeting that holds resources in memory, and releases them.</summary>
internal sealed class MeetingReleases(MediaFleet fleet, QuotaLedger ledger, LinkKeeper links, MeetingAges ages, PendingMeetings pending, PendingWakeups wakeups)
{
    private readonly ConcurrentDictionary<NamespacedName, (MeetingRef Meeting, string Tenant)> _known = new();

    public IEnumerable<MeetingRef> Known => _known.Values.Select(entry => entry.Meeting);

    /// <summary>Tracks a meeting from its first use of resources. Releases the resources of an earlier object with the same name.</summary>
    public void Track(MeetingRef meeting, string tenant)
    {
        if (_known.TryGetValue(meeting.Name, out var former) && former.Meeting != meeting)
        {
            Release(former.Meeting, former.Tenant);
        }

        _known[meeting.Name] = (meeting, tenant);
    }

    /// <summary>Releases the meeting's resources while its object still exists.</summary>
    public void Release(MeetingContext context) => Release(context.Ref, context.Meeting.Spec.TenantRef.Name);

    /// <summary>Releases the resources of a deleted object. Returns its meeting, or null if it was not tracked.</summary>
    public MeetingRef? Forget(NamespacedName name)
    {
        if (!_known.TryRemove(name, out var deleted))
        {
            return null;
        }

        Release(deleted.Meeting, deleted.Tenant);
        return deleted.Meeting;
    }

    private void Release(MeetingRef meeting, string tenant)
    {
        pending.Remove(meeting.Name);
        fleet.Release(meeting);
        links.Forget(meeting);
        ages.Forget(meeting);
        if (ledger.Release(tenant, meeting.Uid))
        {
            wakeups.OnCapacityFreed();
        }
    }
}
