using MeetOperator.Contracts.SfuPools;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// Chooses the UDP ports of new media nodes before their cluster node is known. The scheduler ensures that only one media node uses a port on each cluster node; the
/// allocator assigns no port more often than there are cluster nodes that can run the media node. Pure.
/// </summary>
internal static class PortAllocator
{
    /// <summary>
    /// Returns ports from the range in ascending order, or null when no cluster node has <paramref name="count"/> of them free. Prefers ports without a holder.
    /// </summary>
    /// <param name="range">The range to choose from.</param>
    /// <param name="count">Number of ports.</param>
    /// <param name="holders">Ports in use on each cluster node, and ports of each media node that is not scheduled yet. No entry contains a port twice.</param>
    /// <param name="clusterNodes">Number of cluster nodes that can run the media node. Each holder of a chosen port blocks one of them.</param>
    public static IReadOnlyList<int>? Allocate(PortRange range, int count, IReadOnlyList<IReadOnlyList<int>> holders, int clusterNodes)
    {
        var heldBy = Enumerable.Range(0, holders.Count)
            .SelectMany(holder => holders[holder].Select(port => (port, holder)))
            .GroupBy(entry => entry.port, entry => entry.holder)
            .ToDictionary(group => group.Key, group => group.ToArray());
        var ports = new SortedSet<int>();
        var blocking = new HashSet<int>();
        while (ports.Count < count)
        {
            var (best, cost) = (0, int.MaxValue);
            for (var port = range.Min; port <= range.Max && cost > 0; port++)
            {
                var more = heldBy.TryGetValue(port, out var those) ? those.Count(holder => !blocking.Contains(holder)) : 0;
                if (more < cost && !ports.Contains(port))
                {
                    (best, cost) = (port, more);
                }
            }

            if (cost == int.MaxValue || blocking.Count + cost >= Math.Max(1, clusterNodes))
            {
                return null;
            }

            ports.Add(best);
            blocking.UnionWith(heldBy.GetValueOrDefault(best, []));
        }

        return [.. ports];
    }
}
