using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Runtime;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Pools;
using MeetOperator.Operator.Tenants;

namespace MeetOperator.Operator.Meetings;

/// <summary>
/// Holds what is in memory against what the statuses say: at the start of a term, at every change of a status, and once in a while for changes that nobody saw.
/// </summary>
internal sealed class MeetingMemory(ClusterView cluster, MediaFleet fleet, QuotaLedger ledger, MeetingReleases releases, MeetingIds ids, PoolRights rights)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Call once the informers have synced and before anything is placed.</summary>
    public void TakeOver()
    {
        foreach (var meeting in cluster.Meetings.List())
        {
            var reference = MeetingRef.Of(meeting);
            if (meeting.Status is not { EndedAt: null } status || !ids.HasItsId(reference))
            {
                continue;
            }

            releases.Track(reference, meeting.Spec.TenantRef.Name);
            if (Conditions.IsTrue(status.Conditions, MeetConditions.Accepted) || status.Assignments is [{ State: not AssignmentState.Lost }, ..])
            {
                ledger.Admit(meeting.Spec.TenantRef.Name, reference.Uid);
            }

            if (status.Assignments is [var assignment, ..] && rights.MayCarry(reference.Name.Namespace, assignment.Namespace))
            {
                fleet.Adopt(reference, assignment);
            }
        }
    }

    /// <summary>False when the status names another placement than the one in memory: one of the two has to follow.</summary>
    public bool Agrees(Meeting meeting)
    {
        if (meeting.Status is not { EndedAt: null } status)
        {
            return true;
        }

        var told = status.Assignments is [var assignment, ..] ? assignment : null;
        return fleet.Current(MeetingRef.Of(meeting)) is { } current
            ? current.Generation == told?.Generation && current.Node == NodeOf(told)
            : told is null;
    }

    /// <summary>Names the meetings that memory and statuses do not agree on, again and again.</summary>
    public async Task WatchAsync(Action<NamespacedName> wake, TimeProvider time, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct).ConfigureAwait(false))
            {
                Disagreements().ForEach(wake);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The term is over.
        }
    }

    private List<NamespacedName> Disagreements() =>
    [
        .. releases.Known.Where(known => cluster.Meetings.Get(known.Name)?.Metadata.Uid != known.Uid).Select(known => known.Name),
        .. cluster.Meetings.List().Where(meeting => !Agrees(meeting)).Select(meeting => meeting.Metadata.NamespacedName),
    ];

    private static NamespacedName? NodeOf(MeetingAssignment? assignment) =>
        assignment is null or { State: AssignmentState.Lost } ? null : new NamespacedName(assignment.Namespace, assignment.SfuNode);
}
