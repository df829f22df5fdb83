using MeetOperator.Contracts;

namespace MeetOperator.Operator.Pools;

/// <summary>What a pool does next: how many nodes to make, which to take back, and which to drain.</summary>
internal sealed record PoolPlan(int Create, IReadOnlyList<string> TakeBack, IReadOnlyList<string> Drain)
{
    private static readonly PoolPlan Nothing = new(0, [], []);

    /// <summary>Something changes now; a pool that waits for meetings to end has nothing to do.</summary>
    public bool Acts => Create > 0 || TakeBack.Count > 0 || Drain.Count > 0;

    /// <summary>
    /// Level-triggered and pure. Nodes made from an older template are replaced one at a time: a new one is made, and when all are ready one old node is drained;
    /// with <see cref="RolloutType.WhenEmpty"/> one that is empty, however long that takes.
    /// </summary>
    /// <param name="replicas">Nodes that are wanted.</param>
    /// <param name="nodes">Nodes that there are.</param>
    /// <param name="rollout">How outdated ones are replaced.</param>
    /// <param name="spare">False when there are no ports for one node more than wanted: an outdated node then goes first.</param>
    public static PoolPlan Decide(int replicas, IReadOnlyList<PoolNode> nodes, SfuRollout rollout, bool spare = true)
    {
        // What cannot come to serve (a wrong image, ports that are taken) and was made from an older template is not waited for.
        var hopeless = nodes.Where(node => !rollout.Paused && node is { Leaving: false, Current: false, Hopeless: true, Meetings: 0 })
            .Select(node => node.Name).Order(StringComparer.Ordinal).ToArray();
        if (hopeless.Length > 0)
        {
            return Nothing with { Drain = hopeless };
        }

        var counted = nodes.Where(node => node is { Leaving: false, Out: false }).ToArray();
        var whole = counted.Count(node => node.Ready) >= replicas;
        var outOfService = nodes.Where(node => node is { Leaving: false, Out: true } && (node.Dead || whole)).Select(node => node.Name).Order(StringComparer.Ordinal).ToArray();
        if (outOfService.Length > 0)
        {
            return Nothing with { Drain = outOfService };
        }

        if (counted.Length < replicas)
        {
            var back = MayReturn(nodes, rollout, replicas - counted.Length);
            return new PoolPlan(replicas - counted.Length - back.Length, back, []);
        }

        var replacing = !rollout.Paused && replicas > 0 && counted.Any(node => !node.Current);
        var settled = counted.All(node => node.Ready);
        var replaceable = counted.Any(node => !node.Current && (node.Empty || rollout.Type == RolloutType.Immediate));
        if (replacing && settled && counted.Length == replicas)
        {
            // One that an operator before this one wanted gone is not made twice, and keeps its meetings.
            return MayReturn(nodes, rollout, 1) is [_, ..] back ? Nothing with { TakeBack = back }
                : spare ? Nothing with { Create = 1 }
                : replaceable ? Leave(counted, 1) : Nothing;
        }

        // One more than wanted may live until it is ready, and for as long as every outdated node carries a meeting that nobody wants moved.
        var surge = replacing && !(settled && replaceable) ? 1 : 0;
        return Leave(counted, counted.Length - replicas - surge);
    }

    private static string[] MayReturn(IReadOnlyList<PoolNode> nodes, SfuRollout rollout, int most) =>
        [.. nodes.Where(node => node is { Leaving: true, MayReturn: true, State: not SfuNodeState.Unhealthy } && (node.Current || rollout.Paused))
            .OrderByDescending(node => node.Participants).ThenBy(node => node.Name, StringComparer.Ordinal)
            .Take(most).Select(node => node.Name)];

    private static PoolPlan Leave(IEnumerable<PoolNode> counted, int excess) => excess <= 0 ? Nothing
        : Nothing with { Drain = [.. counted.OrderBy(Worth).ThenBy(node => node.Name, StringComparer.Ordinal).Take(excess).Select(node => node.Name)] };

    /// <summary>Dead nodes go first, then outdated ones, then those that are not ready, then the emptiest.</summary>
    private static (int, int, int, int, int, int) Worth(PoolNode node) => (
        node.State == SfuNodeState.Unhealthy ? 0 : 1,
        node.Current ? 1 : 0,
        node.Ready ? 1 : 0,
        node.Empty ? 0 : 1,
        node.Participants,
        node.Meetings);
}
