using System.Collections.Concurrent;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Maintains a NetworkPolicy for each pool if enabled. It is written once per term and pool, before the pool's nodes are created.</summary>
internal sealed class PoolNetworkPolicies(ClusterView cluster, OperatorOptions options)
{
    private readonly ConcurrentDictionary<string, bool> _written = new();

    public async Task EnsureAsync(SfuPool pool, CancellationToken ct)
    {
        if (!options.NetworkPolicies || _written.ContainsKey(pool.Metadata.Uid!))
        {
            return;
        }

        var labels = cluster.Namespaces.Get(new NamespacedName(null, options.Namespace))?.Metadata.Labels;
        var named = labels?.ContainsKey(MediaNodeNetworkPolicy.NamespaceNameLabel) == true ? options.Namespace : null;
        await cluster.Client.ApplyAsync(
            MediaNodeNetworkPolicy.Build(pool, named, options.MetricsFrom, options.Tracing), new ApplyOptions { FieldManager = FieldManagers.Operator, Force = true }, ct).ConfigureAwait(false);
        _written[pool.Metadata.Uid!] = true;
    }
}
