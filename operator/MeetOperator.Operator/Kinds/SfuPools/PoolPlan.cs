using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>The next step of a pool: how many nodes to create, and which nodes to bring back or to drain.</summary>
internal sealed record PoolPlan(int Create, IReadOnlyList<string> BringBack, IReadOnlyList<string> Drain)
{
    private static readonly PoolPlan Nothing = new(0, [], []);

    /// <summary>Whether the plan changes anything. A pool that waits for meetings to end has nothing to do.</summary>
    public bool HasChanges => Create > 0 || BringBack.Count > 0 || Drain.Count > 0;

    /// <summary>
    /// Level-triggered and pure. Nodes with an older template are replaced one at a time: a new node is created, and once all are ready, one old node is drained. With
    /// <see cref="RolloutType.WhenEmpty"/>, only an empty one is drained, however long that takes.
    /// </summary>
    /// <param name="replicas">Desired number of nodes.</param>
    /// <param name="nodes">Existing nodes.</param>
    /// <param name="rollout">How outdated nodes are replaced.</param>
    /// <param name="spare">False when there are no ports for a node beyond the desired number. An outdated node is then drained first.</param>
    public static PoolPlan Decide(int replicas, IReadOnlyList<PoolNode> nodes, SfuRollout rollout, bool spare = true)
    {
        // An outdated node that cannot start serving, for example because of a wrong image or ports in use, is drained at once.
        var unrecoverable = nodes.Where(node => !rollout.Paused && node is { IsLeaving: false, IsCurrent: false, IsUnrecoverable: true, Meetings: 0 })
            .Select(node => node.Name).Order(StringComparer.Ordinal).ToArray();
        if (unrecoverable.Length > 0)
        {
            return Nothing with { Drain = unrecoverable };
        }

        var counted = nodes.Where(node => node is { IsLeaving: false, IsOutOfService: false }).ToArray();
        var whole = counted.Count(node => node.IsReady) >= replicas;
        var outOfService = nodes.Where(node => node is { IsLeaving: false, IsOutOfService: true } && (node.IsDead || whole)).Select(node => node.Name).Order(StringComparer.Ordinal).ToArray();
        if (outOfService.Length > 0)
        {
            return Nothing with { Drain = outOfService };
        }

        if (counted.Length < replicas)
        {
            var back = FindReturnable(nodes, rollout, replicas - counted.Length);
            return new PoolPlan(replicas - counted.Length - back.Length, back, []);
        }

        var replacing = !rollout.Paused && replicas > 0 && counted.Any(node => !node.IsCurrent);
        var settled = counted.All(node => node.IsReady);
        var replaceable = counted.Any(node => !node.IsCurrent && (node.IsEmpty || rollout.Type == RolloutType.Immediate));
        if (replacing && settled && counted.Length == replicas)
        {
            // A node that an earlier leader drained is brought back instead of creating another one, and keeps its meetings.
            return FindReturnable(nodes, rollout, 1) is [_, ..] back ? Nothing with { BringBack = back }
                : spare ? Nothing with { Create = 1 }
                : replaceable ? DrainExcess(counted, 1) : Nothing;
        }

        // One extra node may exist until it is ready, or as long as every outdated node has a meeting that must not be moved.
        var surge = replacing && !(settled && replaceable) ? 1 : 0;
        return DrainExcess(counted, counted.Length - replicas - surge);
    }

    private static string[] FindReturnable(IReadOnlyList<PoolNode> nodes, SfuRollout rollout, int most) =>
        [.. nodes.Where(node => node is { IsLeaving: true, CanReturn: true, State: not SfuNodeState.Unhealthy } && (node.IsCurrent || rollout.Paused))
            .OrderByDescending(node => node.Participants).ThenBy(node => node.Name, StringComparer.Ordinal)
            .Take(most).Select(node => node.Name)];

    private static PoolPlan DrainExcess(IEnumerable<PoolNode> counted, int excess) => excess <= 0 ? Nothing
        : Nothing with { Drain = [.. counted.OrderBy(DrainOrder).ThenBy(node => node.Name, StringComparer.Ordinal).Take(excess).Select(node => node.Name)] };

    /// <summary>Failed nodes are drained first, then outdated ones, then those that are not ready, then the emptiest.</summary>
    private static (int, int, int, int, int, int) DrainOrder(PoolNode node) => (
        node.State == SfuNodeState.Unhealthy ? 0 : 1,
        node.IsCurrent ? 1 : 0,
        node.IsReady ? 1 : 0,
        node.IsEmpty ? 0 : 1,
        node.Participants,
        node.Meetings);
}
