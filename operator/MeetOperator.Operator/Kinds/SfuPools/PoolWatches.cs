using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Defines which changes reconcile a pool.</summary>
internal static class PoolWatches
{
    public static ControllerBuilder<SfuPool> Controller(ClusterView cluster, LoopHealth health, ILoggerFactory logs) =>
        new ControllerBuilder<SfuPool>(cluster.Pools)
            .WithOptions(new ControllerOptions { Name = "sfupool", MaxBackoff = TimeSpan.FromSeconds(15), Health = health })
            .WithLogger(logs.CreateLogger<SfuPoolController>())
            .WithPredicate(Predicates.HasIntentChanged)
            .Watches(cluster.Nodes, static node => [new NamespacedName(node.Metadata.Namespace, node.Spec.PoolRef.Name)])
            .Watches(cluster.Tenants, tenant => PoolsIn(cluster, tenant.Spec.Namespace))
            .Watches(cluster.Namespaces, found => PoolsIn(cluster, found.Metadata.Name!));

    private static IEnumerable<NamespacedName> PoolsIn(ClusterView cluster, string @namespace) =>
        cluster.Pools.List().Where(pool => pool.Metadata.Namespace == @namespace).Select(pool => pool.Metadata.NamespacedName);
}
