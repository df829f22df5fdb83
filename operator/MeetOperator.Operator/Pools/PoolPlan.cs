using MeetOperator.Contracts;

namespace MeetOperator.Operator.Pools;

/// <summary>What a pool does next: how many nodes to make, which to take back, and which to drain.</summary>
internal sealed record PoolPlan(int Create, IReadOnlyList<string> TakeBack, IReadOnlyList<string> Drain)
{
    private static readonly PoolPlan Nothing = new(0, [], []);

    /// <summary>
    /// Level-triggered and pure. Nodes made from an older template are replaced one at a time: a new one is made, and when all are ready one old node is drained.
    /// </summary>
    public static PoolPlan Decide(int replicas, IReadOnlyList<PoolNode> nodes)
    {
        // What cannot come to serve (a wrong image, ports that are taken) and was made from an older template is not waited for.
        var hopeless = nodes.Where(node => node is { Leaving: false, Current: false, Hopeless: true, Meetings: 0 }).Select(node => node.Name).Order(StringComparer.Ordinal).ToArray();
        if (hopeless.Length > 0)
        {
            return Nothing with { Drain = hopeless };
        }

        var counted = nodes.Where(node => !node.Leaving).ToArray();
        if (counted.Length < replicas)
        {
            var back = nodes.Where(node => node is { Leaving: true, MayReturn: true, Current: true, State: not SfuNodeState.Unhealthy })
                .OrderByDescending(node => node.Participants).ThenBy(node => node.Name, StringComparer.Ordinal)
                .Take(replicas - counted.Length).Select(node => node.Name).ToArray();
            return new PoolPlan(replicas - counted.Length - back.Length, back, []);
        }

        var replacing = counted.Any(node => !node.Current) && replicas > 0;
        if (replacing && counted.All(node => node.Ready) && counted.Length == replicas)
        {
            return Nothing with { Create = 1 };
        }

        // While a node is being replaced one more than wanted may live, until it is ready.
        var surge = replacing && !counted.All(node => node.Ready) ? 1 : 0;
        var excess = counted.Length - replicas - surge;
        return excess <= 0 ? Nothing : Nothing with { Drain = [.. counted.OrderBy(Worth).ThenBy(node => node.Name, StringComparer.Ordinal).Take(excess).Select(node => node.Name)] };
    }

    /// <summary>Dead nodes go first, then outdated ones, then those that are not ready, then the emptiest.</summary>
    private static (int, int, int, int, int) Worth(PoolNode node) => (
        node.State == SfuNodeState.Unhealthy ? 0 : 1,
        node.Current ? 1 : 0,
        node.Ready ? 1 : 0,
        node.Participants,
        node.Meetings);
}
