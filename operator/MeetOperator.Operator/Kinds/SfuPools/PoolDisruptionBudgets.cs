using System.Collections.Concurrent;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Maintains a PodDisruptionBudget for each pool if enabled. It is written once per term and pool, in the version that the cluster serves.</summary>
internal sealed class PoolDisruptionBudgets(ClusterView cluster, OperatorOptions options)
{
    private static readonly ApplyOptions Apply = new() { FieldManager = FieldManagers.Operator, Force = true };
    private readonly ConcurrentDictionary<string, bool> _written = new(StringComparer.Ordinal);

    public Task EnsureAsync(SfuPool pool, CancellationToken ct) =>
        EnsureAsync(pool.Metadata.Uid!, () => PoolDisruptionBudget.Build<PodDisruptionBudget>(pool), () => PoolDisruptionBudget.Build<BetaPodDisruptionBudget>(pool), ct);

    public Task EnsureAsync(TurnPool pool, CancellationToken ct) =>
        EnsureAsync(pool.Metadata.Uid!, () => PoolDisruptionBudget.Build<PodDisruptionBudget>(pool), () => PoolDisruptionBudget.Build<BetaPodDisruptionBudget>(pool), ct);

    private async Task EnsureAsync(string uid, Func<PodDisruptionBudget> build, Func<BetaPodDisruptionBudget> buildBeta, CancellationToken ct)
    {
        if (!options.EvictionProtection || _written.ContainsKey(uid))
        {
            return;
        }

        try
        {
            await cluster.Client.ApplyAsync(build(), Apply, ct).ConfigureAwait(false);
        }
        catch (KubeApiException unserved) when (unserved.IsNotFound)
        {
            await cluster.Client.ApplyAsync(buildBeta(), Apply, ct).ConfigureAwait(false);
        }

        _written[uid] = true;
    }
}
