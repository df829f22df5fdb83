using MeetOperator.Contracts;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// Chooses the UDP ports of new media nodes, before anybody knows on which machine a node will run. On one machine a port belongs to one media node, which the
/// scheduler enforces; the allocator hands out no port more often than there are machines that can run the node. Pure.
/// </summary>
internal static class PortAllocator
{
    /// <summary>Ports of the range in order; null when there are not <paramref name="count"/> that are free together on one machine. Ports that nobody has come first.</summary>
    /// <param name="range">Where to look.</param>
    /// <param name="count">How many ports.</param>
    /// <param name="holders">Ports that are taken on each of the machines, and those of each media node that may come to any of them. None names a port twice.</param>
    /// <param name="machines">Machines that the node may run on. Whoever holds one of the chosen ports blocks one of them, so fewer than that may.</param>
    public static IReadOnlyList<int>? Allocate(PortRange range, int count, IReadOnlyList<IReadOnlyList<int>> holders, int machines)
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

            if (cost == int.MaxValue || blocking.Count + cost >= Math.Max(1, machines))
            {
                return null;
            }

            ports.Add(best);
            blocking.UnionWith(heldBy.GetValueOrDefault(best, []));
        }

        return [.. ports];
    }
}
