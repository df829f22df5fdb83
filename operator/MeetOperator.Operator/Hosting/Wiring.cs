using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Kube.Schema;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Operator.Kinds.SfuNodes;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Kinds.Tenants;
using MeetOperator.Operator.Kinds.Tenants.ApiKeys;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Hosting;

/// <summary>Defines which changes trigger which reconciles.</summary>
internal static class Wiring
{
    public static ControllerBuilder<Meeting> Meetings(ClusterView cluster, MeetingStateSync stateSync, LoopHealth health, OperatorOptions options, ILoggerFactory logs) =>
        new ControllerBuilder<Meeting>(cluster.Meetings)
            .WithOptions(new ControllerOptions { Name = "meeting", Concurrency = options.MeetingConcurrency, MaxBackoff = TimeSpan.FromSeconds(15), Health = health })
            .WithLogger(logs.CreateLogger<MeetingController>())
            .WithPredicate(change => NeedsReconcile(change) || !stateSync.IsConsistent(change.Object))
            .WatchesChanges(cluster.Tenants, change => OpenMeetings(cluster, change.Object.Spec.Namespace, all: IsAnother(change)))
            .WatchesChanges(cluster.Namespaces, change => OpenMeetings(cluster, change.Key.Name, all: HasOtherLabels(change)))
            .WatchesChanges(cluster.Pools, change => MeetingsOn(cluster, change));

    public static ControllerBuilder<SfuNode> Nodes(ClusterView cluster, LoopHealth health, ILoggerFactory logs) =>
        new ControllerBuilder<SfuNode>(cluster.Nodes)
            .WithOptions(new ControllerOptions { Name = "sfunode", MaxBackoff = TimeSpan.FromSeconds(15), Health = health })
            .WithLogger(logs.CreateLogger<SfuNodeController>())
            .WithPredicate(Predicates.IntentChanged)
            .Watches(cluster.Pods, static pod => [pod.Metadata.NamespacedName])
            .Watches(cluster.Pools, pool => cluster.NodesOf(pool).Select(node => node.Metadata.NamespacedName));

    public static ControllerBuilder<SfuPool> Pools(ClusterView cluster, LoopHealth health, ILoggerFactory logs) =>
        new ControllerBuilder<SfuPool>(cluster.Pools)
            .WithOptions(new ControllerOptions { Name = "sfupool", MaxBackoff = TimeSpan.FromSeconds(15), Health = health })
            .WithLogger(logs.CreateLogger<SfuPoolController>())
            .WithPredicate(Predicates.IntentChanged)
            .Watches(cluster.Nodes, static node => [new NamespacedName(node.Metadata.Namespace, node.Spec.PoolRef.Name)])
            .Watches(cluster.Tenants, tenant => PoolsIn(cluster, tenant.Spec.Namespace))
            .Watches(cluster.Namespaces, found => PoolsIn(cluster, found.Metadata.Name!));

    public static ControllerBuilder<Tenant> Tenants(ClusterView cluster, LoopHealth health, ILoggerFactory logs) =>
        new ControllerBuilder<Tenant>(cluster.Tenants)
            .WithOptions(new ControllerOptions { Name = "tenant", MaxBackoff = TimeSpan.FromSeconds(15), Health = health })
            .WithLogger(logs.CreateLogger<TenantController>())
            .WithPredicate(Predicates.IntentChanged)
            .Watches(cluster.Namespaces, found => Owners(cluster, found.Metadata.Name!))
            .Watches(cluster.Meetings, meeting => cluster.Tenants.Get(new NamespacedName(null, meeting.Spec.TenantRef.Name)) is { Metadata.DeletionTimestamp: not null } leaving
                ? [leaving.Metadata.NamespacedName]
                : []);

    public static ControllerBuilder<Tenant> ApiKeys(ClusterView cluster, LoopHealth health, ILoggerFactory logs) =>
        new ControllerBuilder<Tenant>(cluster.Tenants)
            .WithOptions(new ControllerOptions { Name = "apikeys", MaxBackoff = TimeSpan.FromSeconds(15), Health = health })
            .WithLogger(logs.CreateLogger<ApiKeyController>())
            .WithPredicate(Predicates.IntentChanged)
            .Owns(cluster.ApiKeys)
            .Watches(cluster.Namespaces, found => Owners(cluster, found.Metadata.Name!));

    private static IEnumerable<NamespacedName> Owners(ClusterView cluster, string @namespace) =>
        cluster.Tenants.List().Where(tenant => tenant.Spec.Namespace == @namespace).Select(tenant => tenant.Metadata.NamespacedName);

    private static IEnumerable<NamespacedName> PoolsIn(ClusterView cluster, string @namespace) =>
        cluster.Pools.List().Where(pool => pool.Metadata.Namespace == @namespace).Select(pool => pool.Metadata.NamespacedName);

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

    /// <summary>Meetings on the nodes of a pool whose labels or region have changed, since their tenants may no longer be allowed to use it.</summary>
    private static IEnumerable<NamespacedName> MeetingsOn(ClusterView cluster, InformerChange<SfuPool> change)
    {
        if (change is not { Old: { } old, New: { } pool } || (old.Spec.Region == pool.Spec.Region && !HasOtherLabels(change)))
        {
            return [];
        }

        var nodes = cluster.NodesOf(pool).Select(node => node.Metadata.NamespacedName).ToHashSet();
        return cluster.Meetings.List()
            .Where(meeting => meeting.Status?.Assignments.Any(assignment => nodes.Contains(new NamespacedName(assignment.Namespace, assignment.SfuNode))) == true)
            .Select(meeting => meeting.Metadata.NamespacedName);
    }

    /// <summary>True when the spec changed, or the object was created or deleted.</summary>
    private static bool IsAnother<T>(InformerChange<T> change)
        where T : KubernetesObject =>
        change.Old?.Metadata.Generation != change.New?.Metadata.Generation || change.Old?.Metadata.Uid != change.New?.Metadata.Uid;

    private static bool HasOtherLabels<T>(InformerChange<T> change)
        where T : KubernetesObject =>
        !Labels(change.Old).SetEquals(Labels(change.New));

    private static HashSet<KeyValuePair<string, string>> Labels(KubernetesObject? item) => [.. item?.Metadata.Labels ?? new Dictionary<string, string>()];
}
