using MeetOperator.Operator.Kinds.Registration;
using MeetOperator.Operator.Kinds.SfuPools;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>Runs the controller of SfuNodes, and passes what the informers observe on to the fleet and the poller.</summary>
internal sealed class NodeWork : IKindWork
{
    private readonly FleetFeed _feed;

    public NodeWork(LeaderContext leader)
    {
        var (cluster, options, time) = (leader.Cluster, leader.Options, leader.Time);
        var rights = new PoolRights(cluster, options);
        _feed = new FleetFeed(cluster, leader.Fleet, leader.Poller, leader.Departed, rights, leader.Authority);
        var secrets = new PodSecrets(cluster, leader.Authority, time);
        var drains = new NodeDrains(cluster, leader.Fleet, leader.Clients, leader.Events, time);
        var nodes = NodeWatches.Controller(cluster, leader.Health, leader.Logs).Build(
            new SfuNodeController(cluster, leader.Fleet, rights, secrets, drains, new NodeRelief(cluster, leader.Fleet), leader.Events, options, time, leader.Random));
        leader.Wakeups.Node = nodes.Enqueue;
        Loops = [nodes.RunAsync];
    }

    public IReadOnlyList<Func<CancellationToken, Task>> Loops { get; }

    public void Start() => _feed.Start();

    public void Stop() => _feed.Dispose();
}
