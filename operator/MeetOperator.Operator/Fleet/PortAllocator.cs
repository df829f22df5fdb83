using MeetOperator.Contracts;

namespace MeetOperator.Operator.Fleet;

/// <summary>Chooses the UDP ports of new media nodes. A port belongs to one node of the whole cluster.</summary>
internal static class PortAllocator
{
    /// <summary>The lowest free ports of the range, in order; null when there are fewer than <paramref name="count"/>.</summary>
    public static IReadOnlyList<int>? Allocate(PortRange range, int count, IReadOnlySet<int> taken)
    {
        var ports = new List<int>(count);
        for (var port = range.Min; port <= range.Max && ports.Count < count; port++)
        {
            if (!taken.Contains(port))
            {
                ports.Add(port);
            }
        }

        return ports.Count == count ? ports : null;
    }
}
