using MeetOperator.Operator.Kinds.Registration;
using MeetOperator.Operator.Kinds.SfuPools;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Runs the controller of pools of relays, and measures whether they can be reached.</summary>
internal sealed class TurnPoolWork : IKindWork
{
    private readonly TurnSecrets _secrets;

    public TurnPoolWork(LeaderContext leader)
    {
        var relays = new TurnRelays(leader.Cluster, leader.Clients, leader.Authority, leader.RelayUse, leader.Options, leader.Time, leader.Logs.CreateLogger<TurnRelays>());
        var pods = new TurnPods(leader.Cluster, leader.Authority, leader.Events, leader.Options, leader.Time, leader.Random);
        _secrets = new TurnSecrets(leader.Cluster.Client, leader.Options);
        var certificates = new TurnCertificates(leader.Cluster.Client, leader.Options, leader.Time);
        var rights = new PoolRights(leader.Cluster, leader.Options);
        var exposure = new RelayExposure(leader, rights);
        var pools = TurnPoolWatches.Controller(leader.Cluster, leader.Health, leader.Logs).Build(
            new TurnPoolController(leader.Cluster, relays, pods, _secrets, certificates, rights, exposure, leader.Events, leader.Options, leader.Time));
        Loops = [pools.RunAsync, exposure.RunAsync, new TurnSecretSweep(leader.Cluster, _secrets, certificates, leader.Time).RunAsync];
    }

    public IReadOnlyList<Func<CancellationToken, Task>> Loops { get; }

    public void Stop() => _secrets.Dispose();
}
