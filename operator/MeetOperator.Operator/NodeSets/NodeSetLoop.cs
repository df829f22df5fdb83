using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.NodeSets;

/// <summary>Carries out the plan of a set. Level-triggered: what one call leaves undone, the next plan contains again.</summary>
internal static class NodeSetLoop
{
    /// <summary>Number of nodes that one call creates, so that a large set does not delay others and a changed number of replicas takes effect soon.</summary>
    public const int MaxCreated = 20;

    /// <summary>Drains, brings back and creates nodes. Returns null, or why a node could not be created; the drains have then been requested nevertheless.</summary>
    public static async Task<NodeFailure?> RunAsync(INodeSet set, NodeSetPlan plan, IReadOnlyList<NodeSetMember> nodes, CancellationToken ct)
    {
        foreach (var node in nodes)
        {
            if (!plan.Drain.Contains(node.Name))
            {
                set.KeepOpen(node, plan.Surplus.Contains(node.Name));
            }
            else if (!node.IsEmpty || set.TryClose(node.Name))
            {
                await set.DrainAsync(node.Name, plan.Cause, ct).ConfigureAwait(false);
            }
        }

        foreach (var name in plan.BringBack)
        {
            await set.BringBackAsync(name, ct).ConfigureAwait(false);
        }

        for (var created = 0; created < Math.Min(plan.Create, MaxCreated); created++)
        {
            if (await set.CreateAsync(ct).ConfigureAwait(false) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    /// <summary>Drains all nodes because the set is being deleted.</summary>
    public static async Task DrainAllAsync(INodeSet set, IReadOnlyList<NodeSetMember> nodes, CancellationToken ct)
    {
        foreach (var node in nodes.Where(node => !node.IsLeaving))
        {
            await set.DrainAsync(node.Name, DrainCause.Deletion, ct).ConfigureAwait(false);
        }
    }
}
