using System.Collections.Concurrent;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Runtime;

namespace MeetOperator.Operator.Pools;

/// <summary>
/// Nodes that were made and that the informer does not show yet: without them a second look would make them again. One that it has not shown for a while although
/// it is up to date was deleted in between.
/// </summary>
internal sealed class MadeNodes(Informer<SfuNode> nodes, TimeProvider time)
{
    private static readonly TimeSpan MostDelay = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<NamespacedName, (SfuNode Node, long At)> _made = new();

    public void Add(SfuNode node) => _made[node.Metadata.NamespacedName] = (node, time.GetTimestamp());

    /// <summary>All that are still to be shown.</summary>
    public IReadOnlyList<SfuNode> All
    {
        get
        {
            foreach (var (key, (_, at)) in _made)
            {
                if (nodes.Get(key) is not null || (nodes.IsWatching && time.GetElapsedTime(at) > MostDelay))
                {
                    _made.TryRemove(key, out _);
                }
            }

            return [.. _made.Values.Select(made => made.Node)];
        }
    }

    /// <summary>Those of one pool; another pool of the same name, made after it, has none of them.</summary>
    public IEnumerable<SfuNode> Of(SfuPool pool) => All.Where(node => PoolOwnership.IsOwned(node, pool));
}
