using System.Collections.Concurrent;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Maintains the NetworkPolicy of each pool of relays, which follows the ports of media nodes.</summary>
internal sealed class TurnNetworkPolicies(ClusterView cluster, OperatorOptions options)
{
    /// <summary>The listeners and ports that were written last, by UID of the pool.</summary>
    private readonly ConcurrentDictionary<string, string> _written = new(StringComparer.Ordinal);

    /// <param name="pool">The pool.</param>
    /// <param name="mediaPorts">The UDP ports of the media nodes that its relays forward to.</param>
    /// <param name="ct">Cancels the request.</param>
    public async Task EnsureAsync(TurnPool pool, IReadOnlyList<int> mediaPorts, CancellationToken ct)
    {
        var text = string.Join(' ', mediaPorts.Select(port => $"{port}").Concat(pool.Spec.Listeners.Select(one => $"{one.Protocol}{one.Port}")));
        if (!options.NetworkPolicies || (_written.TryGetValue(pool.Metadata.Uid!, out var before) && before == text))
        {
            return;
        }

        var labels = cluster.Namespaces.Get(new NamespacedName(null, options.Namespace))?.Metadata.Labels;
        var named = labels?.ContainsKey(MediaNodeNetworkPolicy.NamespaceNameLabel) == true ? options.Namespace : null;
        await cluster.Client.ApplyAsync(
            TurnNetworkPolicy.Build(pool, named, options.MetricsFrom, mediaPorts), new ApplyOptions { FieldManager = FieldManagers.Operator, Force = true }, ct).ConfigureAwait(false);
        _written[pool.Metadata.Uid!] = text;
    }
}
