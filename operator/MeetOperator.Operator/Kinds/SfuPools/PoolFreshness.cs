using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>
/// Whether the informers have what the API server has about a pool. They may lag behind this operator's own writes and behind those of the former leader. From such a state, one
/// node too many would be created or drained.
/// </summary>
internal sealed class PoolFreshness(ClusterView cluster)
{
    /// <param name="pool">The pool from which a plan was derived.</param>
    /// <param name="nodes">The nodes from which it was derived.</param>
    /// <param name="ct">Cancels the requests.</param>
    public async Task<bool> IsUpToDateAsync(SfuPool pool, IReadOnlyList<PoolNode> nodes, CancellationToken ct)
    {
        var unreadable = new HashSet<string>(StringComparer.Ordinal);
        var options = new ListOptions { OnUnreadable = error => unreadable.Add(error.Key.Name) };
        var pools = await cluster.Client.ListAllAsync<SfuPool>(pool.Metadata.Namespace, options with { FieldSelector = $"metadata.name={pool.Metadata.Name}" }, ct).ConfigureAwait(false);
        if (pools.Items is not [var stored] || stored.Metadata.Uid != pool.Metadata.Uid || stored.Metadata.Generation != pool.Metadata.Generation
            || stored.Status?.Rollout?.Revision != pool.Status?.Rollout?.Revision || stored.Status?.Rollout?.Phase != pool.Status?.Rollout?.Phase)
        {
            return false;
        }

        var listed = await cluster.Client.ListAllAsync<SfuNode>(pool.Metadata.Namespace, options, ct).ConfigureAwait(false);
        var present = listed.Items.Where(node => node.Spec.PoolRef.Name == pool.Metadata.Name).Select(node => (node.Metadata.Name!, NodeStateRules.IsDraining(node))).ToHashSet();
        return present.SetEquals(nodes.Where(node => !unreadable.Contains(node.Name)).Select(node => (node.Name, node.IsLeaving)));
    }
}
