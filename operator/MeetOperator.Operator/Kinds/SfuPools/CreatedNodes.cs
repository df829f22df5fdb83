using System.Collections.Concurrent;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>
/// Nodes that were created and are not in the informer yet, so that the next reconcile does not create them again. If an up-to-date informer lacks a node for a while,
/// the node was deleted in the meantime.
/// </summary>
internal sealed class CreatedNodes(Informer<SfuNode> nodes, TimeProvider time)
{
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<NamespacedName, (SfuNode Node, long At)> _created = new();

    public void Add(SfuNode node) => _created[node.Metadata.NamespacedName] = (node, time.GetTimestamp());

    /// <summary>All nodes that are not in the informer yet.</summary>
    public IReadOnlyList<SfuNode> All
    {
        get
        {
            foreach (var (key, (_, at)) in _created)
            {
                if (nodes.Get(key) is not null || (nodes.IsWatching && time.GetElapsedTime(at) > MaxDelay))
                {
                    _created.TryRemove(key, out _);
                }
            }

            return [.. _created.Values.Select(entry => entry.Node)];
        }
    }

    /// <summary>Those of one pool. A later pool with the same name owns none of them.</summary>
    public IEnumerable<SfuNode> Of(SfuPool pool) => All.Where(node => PoolOwnership.IsOwned(node, pool));
}
