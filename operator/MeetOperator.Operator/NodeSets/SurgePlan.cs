namespace MeetOperator.Operator.NodeSets;

/// <summary>
/// The next step of a rollout that creates extra nodes, and moves the work of as many outdated ones as are ready beyond the desired number. It drains no
/// ready node that the desired number needs, and creates no more than the allowed number of extra nodes, including those that are leaving. Level-triggered and pure.
/// </summary>
internal static class SurgePlan
{
    /// <param name="replicas">Desired number of nodes.</param>
    /// <param name="nodes">Existing nodes; at least the desired number of them count, and one of these is outdated.</param>
    /// <param name="rollout">How outdated nodes are replaced.</param>
    /// <param name="maxSurge">Number of extra nodes.</param>
    /// <param name="spare">Whether there are ports for another node.</param>
    /// <param name="surplus">How many nodes beyond the desired number stay until a node is empty. They do not hold up the rollout, and outdated ones are replaced like others.</param>
    public static NodeSetPlan Decide(int replicas, IReadOnlyList<NodeSetMember> nodes, NodeSetRollout rollout, int maxSurge, bool spare, int surplus = 0)
    {
        var counted = nodes.Where(node => node is { IsLeaving: false, IsOutOfService: false }).ToArray();
        if (counted.Length - surplus > replicas + maxSurge)
        {
            return NodeSetPlan.DrainExcess(counted, counted.Length - replicas - maxSurge, surplus);
        }

        var plan = new NodeSetPlan(0, [], FindReplaced(replicas, counted, rollout)) { Cause = DrainCause.Replacement };
        var missing = Math.Min(replicas, rollout.MaxUpdated ?? replicas) - counted.Count(node => node.IsCurrent);
        var back = NodeSetPlan.FindReturnable(nodes, rollout, Math.Min(missing, replicas + maxSurge - counted.Length));
        if (back.Length > 0)
        {
            return plan with { BringBack = back };
        }

        // A leaving node that is dead will be gone in a moment, unless its cluster node does not end it.
        var room = replicas + maxSurge - nodes.Count(node => !node.IsDead || node is { IsLeaving: true, IsOutOfService: false });
        if (missing <= 0 || room <= 0)
        {
            return plan;
        }

        // One at a time: each of them may take the last free port.
        return spare ? plan with { Create = 1 } : WithoutSpare(plan, nodes, counted);
    }

    /// <summary>The outdated nodes to drain now: those that do no work, and ready ones beyond the desired number of ready nodes. A node that does not answer cannot be linked, so people would notice that their meeting moves: it waits until the node answers, or is out of service.</summary>
    private static List<string> FindReplaced(int replicas, NodeSetMember[] counted, NodeSetRollout rollout)
    {
        var outdated = NodeSetPlan.InDrainOrder(counted.Where(node => !node.IsCurrent)).ToArray();
        var most = rollout.MaxUpdated is null ? outdated.Length : Math.Max(0, outdated.Length - replicas); // While a template is tried, all that others need stay.
        var ready = counted.Count(node => node.IsReady);
        var replaced = new List<string>();
        foreach (var node in outdated)
        {
            if (replaced.Count < most && (IsIdle(node) || (node.IsReady ? ready > replicas : node.Assigned == 0 && ready >= replicas)))
            {
                replaced.Add(node.Name);
                ready -= node.IsReady ? 1 : 0;
            }
        }

        return replaced;
    }

    /// <summary>Without ports for an extra node, an outdated node is drained first, while nobody uses it.</summary>
    private static NodeSetPlan WithoutSpare(NodeSetPlan plan, IReadOnlyList<NodeSetMember> nodes, NodeSetMember[] counted)
    {
        plan = plan with { LacksSpare = true };
        var settled = plan.Drain.Count == 0 && nodes.All(node => node is { IsLeaving: false, IsReady: true });
        return settled && NodeSetPlan.InDrainOrder(counted.Where(node => node is { IsCurrent: false, IsEmpty: true })).FirstOrDefault() is { } unused
            ? plan with { Drain = [unused.Name] }
            : plan;
    }

    private static bool IsIdle(NodeSetMember node) => node is { IsReady: false, IsEmpty: true, Assigned: 0 };
}
