using System.Collections.Concurrent;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
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
    private readonly ConcurrentDictionary<string, bool> _written = new();

    public async Task EnsureAsync(SfuPool pool, CancellationToken ct)
    {
        if (!options.EvictionProtection || _written.ContainsKey(pool.Metadata.Uid!))
        {
            return;
        }

        try
        {
            await cluster.Client.ApplyAsync(MediaNodeDisruptionBudget.Build<PodDisruptionBudget>(pool), Apply, ct).ConfigureAwait(false);
        }
        catch (KubeApiException unserved) when (unserved.IsNotFound)
        {
            await cluster.Client.ApplyAsync(MediaNodeDisruptionBudget.Build<BetaPodDisruptionBudget>(pool), Apply, ct).ConfigureAwait(false);
        }

        _written[pool.Metadata.Uid!] = true;
    }
}
