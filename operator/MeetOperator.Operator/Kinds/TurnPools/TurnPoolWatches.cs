using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Defines which changes reconcile a pool of relays.</summary>
internal static class TurnPoolWatches
{
    public static ControllerBuilder<TurnPool> Controller(ClusterView cluster, LoopHealth health, ILoggerFactory logs) =>
        new ControllerBuilder<TurnPool>(cluster.TurnPools)
            .WithOptions(new ControllerOptions { Name = "turnpool", MaxBackoff = TimeSpan.FromSeconds(15), Health = health })
            .WithLogger(logs.CreateLogger<TurnPoolController>())
            .WithPredicate(Predicates.HasIntentChanged)
            .Watches(cluster.TurnPods, static pod => pod.Metadata.Labels?.TryGetValue(MeetLabels.TurnPool, out var pool) == true ? [new NamespacedName(pod.Metadata.Namespace, pool)] : [])
            .Watches(cluster.Namespaces, found => cluster.TurnPools.List().Where(pool => pool.Metadata.Namespace == found.Metadata.Name).Select(pool => pool.Metadata.NamespacedName))
            .Watches(cluster.Tenants, tenant => cluster.TurnPools.List().Where(pool => pool.Metadata.Namespace == tenant.Spec.Namespace).Select(pool => pool.Metadata.NamespacedName))
            .Watches(cluster.Nodes, _ => cluster.TurnPools.List().Select(pool => pool.Metadata.NamespacedName));
}
