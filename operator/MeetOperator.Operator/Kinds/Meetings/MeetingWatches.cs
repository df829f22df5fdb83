using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Kube.Schema;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Defines which changes reconcile a meeting.</summary>
internal static class MeetingWatches
{
    public static ControllerBuilder<Meeting> Controller(ClusterView cluster, MeetingStateSync stateSync, LoopHealth health, OperatorOptions options, ILoggerFactory logs) =>
        new ControllerBuilder<Meeting>(cluster.Meetings)
            .WithOptions(new ControllerOptions { Name = "meeting", Concurrency = options.MeetingConcurrency, MaxBackoff = TimeSpan.FromSeconds(15), Health = health })
            .WithLogger(logs.CreateLogger<MeetingController>())
            .WithPredicate(change => NeedsReconcile(change) || !stateSync.IsConsistent(change.Object))
            .WatchesChanges(cluster.Tenants, change => OpenMeetings(cluster, change.Object.Spec.Namespace, all: IsAnother(change)))
            .WatchesChanges(cluster.Namespaces, change => OpenMeetings(cluster, change.Key.Name, all: HasOtherLabels(change)))
            .WatchesChanges(cluster.Pools, change => MeetingsOn(cluster, change))
            .WatchesChanges(cluster.TurnPools, change => HasRelay(change.Old) == HasRelay(change.New) ? [] : MeetingsByRelayOnly(cluster));

    /// <summary>Whether the change is a new spec, a deletion, or a removed status. The operator's own status writes trigger no reconcile.</summary>
    private static bool NeedsReconcile(InformerChange<Meeting> change) =>
        change.Old is not { } old || change.New is not { } now
        || old.Metadata.Generation != now.Metadata.Generation
        || old.Metadata.DeletionTimestamp != now.Metadata.DeletionTimestamp
        || (HasStatus(old) && !HasStatus(now));

    /// <summary>Whether the operator has written a status. The API server defaults observedGeneration to -1 (<see cref="StatusSubresourceAttribute"/>).</summary>
    private static bool HasStatus(Meeting meeting) => meeting.Status?.ObservedGeneration >= 0;

    /// <summary>Meetings that a change of their tenant or namespace may affect: all of them, or only those that are not accepted.</summary>
    private static IEnumerable<NamespacedName> OpenMeetings(ClusterView cluster, string @namespace, bool all) => cluster.MeetingsIn(@namespace)
        .Where(meeting => meeting.Status?.EndedAt is null && (all || !Conditions.IsTrue(meeting.Status?.Conditions, MeetConditions.Accepted)))
        .Select(meeting => meeting.Metadata.NamespacedName);

    /// <summary>Meetings on the nodes of a pool whose labels, region or connectivity have changed: their tenants may no longer be allowed to use the pool, or their rooms need the new settings.</summary>
    private static IEnumerable<NamespacedName> MeetingsOn(ClusterView cluster, InformerChange<SfuPool> change)
    {
        if (change is not { Old: { } old, New: { } pool } || (old.Spec.Region == pool.Spec.Region && old.Spec.Connectivity == pool.Spec.Connectivity && !HasOtherLabels(change)))
        {
            return [];
        }

        var nodes = cluster.NodesOf(pool).Select(node => node.Metadata.NamespacedName).ToHashSet();
        return cluster.Meetings.List()
            .Where(meeting => meeting.Status?.Assignments.Any(assignment => nodes.Contains(new NamespacedName(assignment.Namespace, assignment.SfuNode))) == true)
            .Select(meeting => meeting.Metadata.NamespacedName);
    }

    /// <summary>Whether the pool has a relay that takes participants.</summary>
    private static bool HasRelay(TurnPool? pool) => pool?.Status?.ReadyReplicas > 0;

    /// <summary>Meetings whose participants may use relays only, which may have become available or unavailable.</summary>
    private static IEnumerable<NamespacedName> MeetingsByRelayOnly(ClusterView cluster) => cluster.Meetings.List()
        .Where(meeting => meeting.Status is { EndedAt: null } status && status.Assignments.Any(static assignment => assignment.Connectivity is { ForceRelay: true }))
        .Select(meeting => meeting.Metadata.NamespacedName);

    /// <summary>True when the spec changed, or the object was created or deleted.</summary>
    private static bool IsAnother<T>(InformerChange<T> change)
        where T : KubernetesObject =>
        change.Old?.Metadata.Generation != change.New?.Metadata.Generation || change.Old?.Metadata.Uid != change.New?.Metadata.Uid;

    private static bool HasOtherLabels<T>(InformerChange<T> change)
        where T : KubernetesObject =>
        !Labels(change.Old).SetEquals(Labels(change.New));

    private static HashSet<KeyValuePair<string, string>> Labels(KubernetesObject? item) => [.. item?.Metadata.Labels ?? new Dictionary<string, string>()];
}
