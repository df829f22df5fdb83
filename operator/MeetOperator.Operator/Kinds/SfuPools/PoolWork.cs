using MeetOperator.Operator.Kinds.Registration;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Runs the controller of pools, and measures whether their media nodes can be reached.</summary>
internal sealed class PoolWork : IKindWork
{
    public PoolWork(LeaderContext leader)
    {
        var rights = new PoolRights(leader.Cluster, leader.Options);
        var exposure = new PoolExposure(leader, rights);
        var pools = PoolWatches.Controller(leader.Cluster, leader.Health, leader.Logs).Build(
            new SfuPoolController(leader.Cluster, leader.Fleet, rights, leader.Clients, exposure, leader.Events, leader.Options, leader.Time, leader.Random));
        leader.Wakeups.Pool = pools.Enqueue;
        Loops = [pools.RunAsync, exposure.RunAsync];
    }

    public IReadOnlyList<Func<CancellationToken, Task>> Loops { get; }
}
