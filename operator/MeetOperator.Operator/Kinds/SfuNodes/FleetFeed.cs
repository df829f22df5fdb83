using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Resources;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>
/// Keeps the fleet, the poller and the departed nodes in sync with SfuNodes, pools and Pods. Each kind's informer calls from its own thread. Reading and forwarding happen under one lock, so
/// that an older state never follows a newer one and nothing follows the deletion of a node.
/// </summary>
internal sealed class FleetFeed(ClusterView cluster, MediaFleet fleet, NodePoller poller, DepartedNodes departed, PoolRights rights, ControlAuthority authority) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<IDisposable> _subscriptions = [];

    /// <summary>Call once the informers have synced and assignments from meeting statuses have been adopted. May be called again after a failure.</summary>
    public void Start()
    {
        Dispose();
        _subscriptions.Add(cluster.Nodes.OnChange(change => Observe(change.Key)));
        _subscriptions.Add(cluster.Pods.OnChange(change => Observe(change.Key)));
        _subscriptions.Add(cluster.Pools.OnChange(change => ObserveAll(cluster.NodesOf(change.Object))));
        _subscriptions.Add(cluster.ClusterNodes.OnChange(change =>
        {
            // A kubelet writes its status several times a minute; only a few of these writes are relevant here.
            if (change.Old is not { } old || change.New is not { } now || ClusterNode.Of(old) != ClusterNode.Of(now))
            {
                ObserveAll(cluster.NodesOn(change.Key.Name));
            }
        }));
    }

    public void Dispose()
    {
        _subscriptions.ForEach(subscription => subscription.Dispose());
        _subscriptions.Clear();
    }

    private void ObserveAll(IEnumerable<SfuNode> nodes)
    {
        foreach (var node in nodes)
        {
            Observe(node.Metadata.NamespacedName);
        }
    }

    private void Observe(NamespacedName key)
    {
        lock (_gate)
        {
            if (cluster.Nodes.Get(key) is not { } node)
            {
                poller.Watch(key, null);
                fleet.Forget(key);
                authority.Forget(key);
                departed.Watch(key, DepartedTarget(key, cluster.Pods.Get(key)));
                return;
            }

            departed.Watch(key, null);
            var pod = cluster.Pods.Get(key);
            var target = Target(key, pod, node.Spec.ControlPort);
            fleet.Observe(node, cluster.PoolOf(node), pod, rights.IsShared(key.Namespace), target, cluster.ClusterNodeOf(pod), tenantNamespace: cluster.OwnerOf(key.Namespace) is not null);
            poller.Watch(key, target);
        }
    }

    /// <summary>The process of a media node whose SfuNode is gone, and whose Pod is therefore deleted. Without the second, the informer of SfuNodes may only be late.</summary>
    internal static PollTarget? DepartedTarget(NamespacedName node, Pod? pod) =>
        pod?.Metadata is { DeletionTimestamp: not null, Labels: { } labels } && labels.TryGetValue(MeetLabels.SfuNode, out var name) && name == node.Name && MediaNodePod.FindControlPort(pod) is { } port ? Target(node, pod, port) : null;

    private static PollTarget? Target(NamespacedName node, Pod? pod, int controlPort) =>
        pod is { Status: { Phase: "Running", PodIp: { Length: > 0 } address } } ? new PollTarget(node, pod.Metadata.Uid ?? string.Empty, Address(address, controlPort), ControlAuthority.NameOf(node)) : null;

    private static Uri Address(string podIp, int port) => new(podIp.Contains(':') ? $"https://[{podIp}]:{port}/" : $"https://{podIp}:{port}/");
}
