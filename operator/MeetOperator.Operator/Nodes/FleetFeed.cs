using MeetOperator.Contracts;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Pools;

namespace MeetOperator.Operator.Nodes;

/// <summary>Keeps the fleet and the poller in step with SfuNodes, pools and Pods.</summary>
internal sealed class FleetFeed(ClusterView cluster, MediaFleet fleet, NodePoller poller, NodeTokens tokens, PoolRights rights) : IDisposable
{
    private readonly List<IDisposable> _subscriptions = [];

    /// <summary>Call once the informers have synced and what meetings say of their placement was taken over.</summary>
    public void Start()
    {
        _subscriptions.Add(cluster.Nodes.OnChange(change =>
        {
            if (change.New is null)
            {
                poller.Watch(change.Key, null);
                fleet.Forget(change.Key);
            }
            else
            {
                Observe(change.New);
            }
        }));
        _subscriptions.Add(cluster.Pods.OnChange(change => Observe(cluster.Nodes.Get(change.Key))));
        _subscriptions.Add(cluster.Pools.OnChange(change => cluster.NodesOf(change.Object).ToList().ForEach(Observe)));
    }

    public void Dispose() => _subscriptions.ForEach(subscription => subscription.Dispose());

    private void Observe(SfuNode? node)
    {
        if (node is null)
        {
            return;
        }

        var key = node.Metadata.NamespacedName;
        var pod = cluster.Pods.Get(key);
        var target = Target(node, pod);
        fleet.Observe(node, cluster.PoolOf(node), pod, rights.IsShared(key.Namespace), target);
        poller.Watch(key, target);
    }

    private PollTarget? Target(SfuNode node, Pod? pod) =>
        pod is { Status: { Phase: "Running", PodIp: { Length: > 0 } address } }
            ? new PollTarget(node.Metadata.NamespacedName, pod.Metadata.Uid ?? string.Empty, Address(address, node.Spec.ControlPort), tokens.Of(node))
            : null;

    private static Uri Address(string podIp, int port) => new(podIp.Contains(':') ? $"http://[{podIp}]:{port}/" : $"http://{podIp}:{port}/");
}
