using System.Collections.Concurrent;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Maintains a PodDisruptionBudget for each pool of relays if enabled. It is written once per term and pool, in the version that the cluster serves.</summary>
internal sealed class TurnDisruptionBudgets(ClusterView cluster, OperatorOptions options)
{
    private static readonly ApplyOptions Apply = new() { FieldManager = FieldManagers.Operator, Force = true };
    private readonly ConcurrentDictionary<string, bool> _written = new(StringComparer.Ordinal);

    public async Task EnsureAsync(TurnPool pool, CancellationToken ct)
    {
        if (!options.EvictionProtection || _written.ContainsKey(pool.Metadata.Uid!))
        {
            return;
        }

        try
        {
            await cluster.Client.ApplyAsync(TurnDisruptionBudget.Build<PodDisruptionBudget>(pool), Apply, ct).ConfigureAwait(false);
        }
        catch (KubeApiException unserved) when (unserved.IsNotFound)
        {
            await cluster.Client.ApplyAsync(TurnDisruptionBudget.Build<BetaPodDisruptionBudget>(pool), Apply, ct).ConfigureAwait(false);
        }

        _written[pool.Metadata.Uid!] = true;
    }
}
