using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>Defines which changes reconcile an SfuNode.</summary>
internal static class NodeWatches
{
    public static ControllerBuilder<SfuNode> Controller(ClusterView cluster, LoopHealth health, ILoggerFactory logs) =>
        new ControllerBuilder<SfuNode>(cluster.Nodes)
            .WithOptions(new ControllerOptions { Name = "sfunode", MaxBackoff = TimeSpan.FromSeconds(15), Health = health })
            .WithLogger(logs.CreateLogger<SfuNodeController>())
            .WithPredicate(Predicates.HasIntentChanged)
            .Watches(cluster.Pods, static pod => [pod.Metadata.NamespacedName])
            .Watches(cluster.Pools, pool => cluster.NodesOf(pool).Select(node => node.Metadata.NamespacedName));
}
