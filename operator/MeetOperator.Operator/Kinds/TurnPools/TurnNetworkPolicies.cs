using System.Collections.Concurrent;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Maintains the NetworkPolicy of each pool of relays, which follows the port ranges of SfuPools.</summary>
internal sealed class TurnNetworkPolicies(ClusterView cluster, OperatorOptions options)
{
    /// <summary>The listeners and port ranges that were written last, by UID of the pool.</summary>
    private readonly ConcurrentDictionary<string, string> _written = new(StringComparer.Ordinal);

    public async Task EnsureAsync(TurnPool pool, CancellationToken ct)
    {
        PortRange[] ranges = [.. cluster.Pools.List().Select(each => each.Spec.Exposure.PortRange)];
        var text = string.Join(' ', ranges.Select(range => $"{range.Min}-{range.Max}").Distinct().Order(StringComparer.Ordinal).Concat(pool.Spec.Listeners.Select(one => $"{one.Protocol}{one.Port}")));
        if (!options.NetworkPolicies || (_written.TryGetValue(pool.Metadata.Uid!, out var before) && before == text))
        {
            return;
        }

        var labels = cluster.Namespaces.Get(new NamespacedName(null, options.Namespace))?.Metadata.Labels;
        var named = labels?.ContainsKey(MediaNodeNetworkPolicy.NamespaceNameLabel) == true ? options.Namespace : null;
        await cluster.Client.ApplyAsync(
            TurnNetworkPolicy.Build(pool, named, options.MetricsFrom, ranges), new ApplyOptions { FieldManager = FieldManagers.Operator, Force = true }, ct).ConfigureAwait(false);
        _written[pool.Metadata.Uid!] = text;
    }
}
