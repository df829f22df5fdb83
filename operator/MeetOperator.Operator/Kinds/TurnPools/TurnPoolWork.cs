using MeetOperator.Operator.Kinds.Registration;
using MeetOperator.Operator.Kinds.SfuPools;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Runs the controller of pools of relays.</summary>
internal sealed class TurnPoolWork : IKindWork
{
    private readonly TurnSecrets _secrets;

    public TurnPoolWork(LeaderContext leader)
    {
        var relays = new TurnRelays(leader.Cluster, leader.Clients, leader.Authority, leader.Options, leader.Time, leader.Logs.CreateLogger<TurnRelays>());
        var pods = new TurnPods(leader.Cluster, leader.Authority, leader.Events, leader.Options, leader.Time, leader.Random);
        _secrets = new TurnSecrets(leader.Cluster.Client, leader.Options);
        var certificates = new TurnCertificates(leader.Cluster.Client, leader.Options, leader.Time);
        var pools = TurnPoolWatches.Controller(leader.Cluster, leader.Health, leader.Logs).Build(
            new TurnPoolController(leader.Cluster, relays, pods, _secrets, certificates, new PoolRights(leader.Cluster, leader.Options), leader.Events, leader.Options, leader.Time));
        Loops = [pools.RunAsync, new TurnSecretSweep(leader.Cluster, _secrets, certificates, leader.Time).RunAsync];
    }

    public IReadOnlyList<Func<CancellationToken, Task>> Loops { get; }

    public void Stop() => _secrets.Dispose();
}
