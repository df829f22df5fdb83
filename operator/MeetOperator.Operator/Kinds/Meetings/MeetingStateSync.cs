using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Quotas;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>
/// Compares the state in memory with the meeting statuses: at the start of a term, at every status change, and periodically for missed changes.
/// </summary>
internal sealed class MeetingStateSync(ClusterView cluster, MediaFleet fleet, QuotaLedger ledger, MeetingReleases releases, MeetingIds ids, PoolRights rights)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Restores the state from the statuses. Call once the informers have synced and before any placement.</summary>
    public void Restore()
    {
        foreach (var meeting in cluster.Meetings.List())
        {
            var reference = MeetingRef.Of(meeting);
            if (meeting.Status is not { EndedAt: null } status || !ids.IsIdOwner(reference))
            {
                continue;
            }

            releases.Track(reference, meeting.Spec.TenantRef.Name);
            if (Conditions.IsTrue(status.Conditions, MeetConditions.Accepted) || status.Assignments.Any(IsLive))
            {
                ledger.Admit(meeting.Spec.TenantRef.Name, reference.Uid);
            }

            fleet.Adopt(reference, rights.SelectAdoptable(reference.Name.Namespace, status.Assignments), status.LastGeneration ?? 0);
        }
    }

    /// <summary>False when the status has other assignments than memory, so that one of the two must be updated.</summary>
    public bool IsConsistent(Meeting meeting)
    {
        if (meeting.Status is not { EndedAt: null } status)
        {
            return true;
        }

        var stored = status.Assignments;
        return fleet.Current(MeetingRef.Of(meeting)) is { } current
            ? stored.Count > 0 && Math.Max(stored.Max(assignment => assignment.Generation), status.LastGeneration ?? 0) == current.Generation
                && stored.Count(IsLive) == current.Nodes.Count && stored.Where(IsLive).All(assignment => current.On(NodeOf(assignment)) is not null)
            : stored.Count == 0;
    }

    /// <summary>Periodically wakes the meetings whose state in memory differs from their status.</summary>
    public async Task WatchAsync(Action<NamespacedName> wake, TimeProvider time, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct).ConfigureAwait(false))
            {
                FindInconsistent().ForEach(wake);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The term has ended.
        }
    }

    private List<NamespacedName> FindInconsistent() =>
    [
        .. releases.Known.Where(known => cluster.Meetings.Get(known.Name)?.Metadata.Uid != known.Uid).Select(known => known.Name),
        .. cluster.Meetings.List().Where(meeting => !IsConsistent(meeting)).Select(meeting => meeting.Metadata.NamespacedName),
    ];

    private static bool IsLive(MeetingAssignment assignment) => assignment.State != AssignmentState.Lost;

    private static NamespacedName NodeOf(MeetingAssignment assignment) => new(assignment.Namespace, assignment.SfuNode);
}
