namespace MeetOperator.Operator.NodeSets;

/// <summary>
/// The next step of a set of nodes that one object declares, such as the media nodes of an SfuPool: how many to create, and which to bring back or to drain.
/// </summary>
internal sealed record NodeSetPlan(int Create, IReadOnlyList<string> BringBack, IReadOnlyList<string> Drain)
{
    public static NodeSetPlan Nothing { get; } = new(0, [], []);

    /// <summary>Why the plan drains nodes.</summary>
    public DrainCause Cause { get; init; } = DrainCause.Plan;

    /// <summary>
    /// Nodes beyond the desired number that stand in for one that serves again. Nothing is moved because of them: of all nodes, as many as there are of these leave when they are
    /// empty.
    /// </summary>
    public IReadOnlyList<string> Surplus { get; init; } = [];

    /// <summary>True when outdated nodes are not replaced because there are no ports for an extra node.</summary>
    public bool LacksSpare { get; init; }

    /// <summary>Whether the plan changes anything. A set that waits until its outdated nodes are empty has nothing to do.</summary>
    public bool HasChanges => Create > 0 || BringBack.Count > 0 || Drain.Count > 0;

    /// <summary>
    /// Level-triggered and pure. Nodes with an older template are replaced one at a time: a new node is created, and once all are ready, one old node is drained. With
    /// <see cref="NodeSetRollout.WhenEmpty"/>, only an empty one is drained, however long that takes. With <see cref="NodeSetRollout.MaxSurge"/>, <see cref="SurgePlan"/> decides.
    /// </summary>
    /// <param name="replicas">Desired number of nodes.</param>
    /// <param name="nodes">Existing nodes.</param>
    /// <param name="rollout">How outdated nodes are replaced.</param>
    /// <param name="spare">False when there are no ports for a node beyond the desired number. An outdated node is then drained first.</param>
    public static NodeSetPlan Decide(int replicas, IReadOnlyList<NodeSetMember> nodes, NodeSetRollout rollout, bool spare = true)
    {
        var surplus = FindSurplus(replicas, nodes);
        return Decide(replicas, nodes, rollout, spare, surplus.Length) with { Surplus = surplus };
    }

    private static NodeSetPlan Decide(int replicas, IReadOnlyList<NodeSetMember> nodes, NodeSetRollout rollout, bool spare, int surplus)
    {
        // An outdated node that cannot start serving, for example because of a wrong image or ports in use, is drained at once.
        var unrecoverable = nodes.Where(node => !rollout.IsPaused && rollout.MaxUpdated is null && node is { IsLeaving: false, IsCurrent: false, IsUnrecoverable: true, Assigned: 0 })
            .Select(node => node.Name).Order(StringComparer.Ordinal).ToArray();
        if (unrecoverable.Length > 0)
        {
            return Nothing with { Drain = unrecoverable };
        }

        var counted = nodes.Where(node => node is { IsLeaving: false, IsOutOfService: false }).ToArray();
        var whole = counted.Count(node => node.IsReady) >= replicas;
        var outOfService = nodes.Where(node => node is { IsLeaving: false, IsOutOfService: true } && (node.IsDead || (whole && !node.IsUnreachable))).Select(node => node.Name).Order(StringComparer.Ordinal).ToArray();
        if (outOfService.Length > 0)
        {
            return Nothing with { Drain = outOfService };
        }

        if (DrainUnreachable(replicas, nodes, whole) is { } unreachable)
        {
            return unreachable;
        }

        if (counted.Length < replicas)
        {
            var back = FindReturnable(nodes, rollout, replicas - counted.Length);
            return new NodeSetPlan(replicas - counted.Length - back.Length, back, []);
        }

        if (rollout.MaxSurge is { } maxSurge && rollout.IsPaused)
        {
            return DrainExcess(counted, counted.Length - replicas - Math.Min(rollout.KeptSurge, maxSurge), surplus);
        }

        var replacing = !rollout.IsPaused && replicas > 0 && counted.Any(node => !node.IsCurrent);
        if (rollout.MaxSurge is { } extra && replacing)
        {
            return SurgePlan.Decide(replicas, nodes, rollout, extra, spare, surplus);
        }

        var settled = counted.All(node => node.IsReady);
        var replaceable = counted.Any(node => !node.IsCurrent && (node.IsEmpty || !rollout.WhenEmpty));
        if (replacing && settled && counted.Length == replicas)
        {
            // A node that an earlier leader drained is brought back instead of creating another one, and keeps its work.
            return FindReturnable(nodes, rollout, 1) is [_, ..] back ? Nothing with { BringBack = back }
                : spare ? Nothing with { Create = 1 }
                : replaceable ? DrainExcess(counted, 1) : Nothing;
        }

        // One extra node may exist until it is ready, or as long as every outdated node is in use and must not be emptied.
        var surge = replacing && !(settled && replaceable) ? 1 : 0;

        // Outdated nodes that need not be empty are replaced, so that they are the first to leave.
        var kept = replacing && settled && !rollout.WhenEmpty ? Math.Max(0, surplus - counted.Count(node => !node.IsCurrent)) : surplus;
        return DrainExcess(counted, counted.Length - replicas - surge, kept);
    }

    /// <summary>Nodes that stand in for one that serves again, as many as there are beyond the desired number.</summary>
    private static string[] FindSurplus(int replicas, IReadOnlyList<NodeSetMember> nodes)
    {
        var counted = nodes.Where(node => node is { IsLeaving: false, IsOutOfService: false }).ToArray();
        var standIns = counted.Where(node => node.StandsInFor is { } other && counted.Any(each => each.Name == other));
        return [.. standIns.Select(node => node.Name).Order(StringComparer.Ordinal).Take(Math.Max(0, counted.Length - replicas))];
    }

    /// <summary>Drains the unreachable nodes that are not wanted any more, or not awaited; null when there are none.</summary>
    /// <param name="replicas">Desired number of nodes.</param>
    /// <param name="nodes">Existing nodes.</param>
    /// <param name="whole">Whether at least the desired number of others is ready. Otherwise only nodes are drained whose work others can take.</param>
    private static NodeSetPlan? DrainUnreachable(int replicas, IReadOnlyList<NodeSetMember> nodes, bool whole)
    {
        var unreachable = nodes.Where(node => node is { IsLeaving: false, IsOutOfService: true, IsUnreachable: true }).ToArray();
        string[] unwanted = whole ? [.. InDrainOrder(unreachable).Take(Math.Max(0, unreachable.Length - replicas)).Select(node => node.Name)] : [];
        string[] givenUp = [.. unreachable.Where(node => !node.IsAwaited && (whole || node.HasPlacesElsewhere)).Select(node => node.Name).Order(StringComparer.Ordinal)];
        return unwanted.Length > 0 ? Nothing with { Drain = unwanted }
            : givenUp.Length > 0 ? Nothing with { Drain = givenUp, Cause = DrainCause.GivenUp }
            : null;
    }

    /// <summary>Leaving nodes that can serve again and that the set still wants, the busiest first.</summary>
    internal static string[] FindReturnable(IReadOnlyList<NodeSetMember> nodes, NodeSetRollout rollout, int most) =>
        [.. nodes.Where(node => node is { IsLeaving: true, CanReturn: true, HasFailed: false } && (node.IsCurrent || rollout.IsPaused))
            .OrderByDescending(node => node.Users).ThenBy(node => node.Name, StringComparer.Ordinal)
            .Take(Math.Max(0, most)).Select(node => node.Name)];

    /// <param name="counted">The nodes that count.</param>
    /// <param name="excess">How many of them are too many.</param>
    /// <param name="surplus">How many of these stay until a node is empty.</param>
    internal static NodeSetPlan DrainExcess(IEnumerable<NodeSetMember> counted, int excess, int surplus = 0)
    {
        if (excess <= 0)
        {
            return Nothing;
        }

        var due = Math.Max(0, excess - surplus);
        var ordered = InDrainOrder(counted).ToArray();
        return Nothing with { Drain = [.. ordered.Take(due).Concat(ordered.Skip(due).Where(node => node.IsEmpty).Take(excess - due)).Select(node => node.Name)] };
    }

    /// <summary>Failed nodes first, then those that are not ready, then outdated ones, then the emptiest, of which those that stand in for another one come first.</summary>
    internal static IEnumerable<NodeSetMember> InDrainOrder(IEnumerable<NodeSetMember> nodes) => nodes.OrderBy(DrainOrder).ThenBy(node => node.Name, StringComparer.Ordinal);

    private static (int, int, int, int, int, int, int) DrainOrder(NodeSetMember node) => (
        node.HasFailed ? 0 : 1,
        node.IsReady ? 1 : 0,
        node.IsCurrent ? 1 : 0,
        node.IsEmpty ? 0 : 1,
        node.Users,
        node.Assigned,
        node.StandsInFor is null ? 1 : 0);
}
